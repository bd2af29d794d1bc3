"""What scripts/test runs. SPDX-License-Identifier: GPL-2.0-or-later"""
