#!/bin/sh
# Installs what the tests need besides Python - a browser, Chinese fonts, npm, SLURM - where that can be done; else it says why not.
set -u
PATH="$PATH:/usr/sbin:/sbin"

lacking=""
have() { command -v "$1" >/dev/null 2>&1; }
have chromium || lacking="$lacking chromium"
have npm || lacking="$lacking npm"
ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || lacking="$lacking fonts-noto-cjk"
{ have slurmctld && have slurmd; } || lacking="$lacking slurm-wlm"
have munged || lacking="$lacking munge"
[ -n "$lacking" ] || exit 0

skip() { echo "Not installed:$lacking ($1); tests that need them will be skipped, or fail under CI=true."; exit 0; }
[ "$(id -u)" = 0 ] || skip "that needs root"
have apt-get || skip "no apt-get here"

echo "Installing for the tests:$lacking ..."
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
{ apt-get update && apt-get install -y --no-install-recommends $lacking; } >/dev/null 2>&1 || skip "apt-get failed"
