"""The command that builds, boots and judges. SPDX-License-Identifier: GPL-2.0-or-later"""
