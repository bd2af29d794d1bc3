"""deb-src entries out of the system's own, in either format. SPDX-License-Identifier: GPL-2.0-or-later"""

import unittest

from support import Case

import aptsource

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # a remark
deb [arch=amd64 signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian-security bookworm-security main
deb-src http://mirror.example/debian bookworm main
deb cdrom:[Debian]/ bookworm main
deb [ trusted=yes ] https://third.example/stuff ./
"""

DEB822 = """\
Types: deb deb-src
URIs: http://mirror.example/debian
# a remark
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp

Types: deb-src
URIs: http://sources.example/debian
Suites: trixie

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

types: deb
uris: https://third.example/repo/
suites: stable
components: main
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
"""

POLICY = """\
qemu-system-arm:
  Installed: 1:7.2
  Version table:
 *** 1:7.2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
"""


class Sources(Case):
    def system(self, **files):
        etc = self.dir / "apt"
        (etc / "sources.list.d").mkdir(parents=True)
        for name, text in files.items():
            path = name.replace("__", ".")
            (etc / ("sources.list" if path == "sources.list" else f"sources.list.d/{path}")).write_text(text)
        return aptsource.read_system(etc)

    def test_one_line_format(self):
        entries = self.system(sources__list=ONE_LINE)
        self.assertEqual([e["URIs"] for e in entries],
                         ["http://mirror.example/debian", "http://mirror.example/debian-security",
                          "https://third.example/stuff"])
        self.assertEqual(entries[0]["Components"], "main contrib")
        self.assertEqual(entries[1]["Signed-By"], "/usr/share/keyrings/debian.gpg")
        self.assertNotIn("Architectures", entries[1])
        self.assertEqual((entries[2]["Suites"], entries[2]["Trusted"]), ("./", "yes"))

    def test_deb822_format(self):
        entries = self.system(debian__sources=DEB822)
        self.assertEqual([e["URIs"] for e in entries], ["http://mirror.example/debian", "https://third.example/repo/"])
        self.assertEqual(entries[0]["Suites"], "trixie trixie-updates")
        self.assertIn("mQINBF", entries[1]["Signed-By"])

    def test_both_formats_side_by_side_and_files_switched_off(self):
        entries = self.system(sources__list=ONE_LINE, debian__sources=DEB822, more__list=ONE_LINE,
                              gone__disabled=ONE_LINE)
        self.assertEqual(len(entries), 3 + 2 + 3)

    def test_what_apt_gets(self):
        text = aptsource.deb822(self.system(debian__sources=DEB822), "deb-src")
        self.assertEqual(text.count("Types: deb-src\n"), 2)
        self.assertIn("Signed-By:\n -----BEGIN PGP", text)
        self.assertEqual(text.count("\n\n"), 1)
        self.assertEqual(aptsource.parse_sources(text.replace("deb-src", "deb")),
                         self.system_again(DEB822))

    def system_again(self, text):
        return aptsource.parse_sources(text)

    def test_an_exact_path_without_components(self):
        text = aptsource.deb822(self.system(sources__list=ONE_LINE), "deb-src")
        self.assertIn("Suites: ./\nTrusted: yes\n", text)

    def test_only_the_repository_that_offers_the_package(self):
        entries = self.system(sources__list=ONE_LINE, debian__sources=DEB822)
        chosen = aptsource.offering(entries, POLICY)
        self.assertEqual({e["URIs"] for e in chosen}, {"http://mirror.example/debian"})


if __name__ == "__main__":
    unittest.main()
