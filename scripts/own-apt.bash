# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# own-apt - an apt of our own, for sourcing by get-emulator and build-emulator.
#
# It has its own lists, an empty status file and just the suites that it is told,
# and takes the mirror, proxies and logins from the machine's apt.  Needs die().

# Print the mirror: the first binary source of this machine that is neither a
# security nor a third party's archive, whatever format it is written in.
find_mirror() {
	local line
	line=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' 2>/dev/null |
		awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid|stable|oldstable|oldoldstable|testing|unstable)$/ { print $1; exit }')
	[ -n "$line" ] || die "apt of this machine has no Debian mirror set up; name one with --mirror URL"
	printf '%s' "${line%/}"
}

# own_apt DIR MIRROR TYPE SUITE...: set own_apt_options for an apt in DIR that knows
# these suites.  TYPE is deb or deb-src.
own_apt() {
	local dir=$1 mirror=$2 type=$3 suite trust='' keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	shift 3
	[ -r $keyring ] && trust="[signed-by=$keyring]"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/etc"
	: > "$dir/status"
	for suite in "$@"; do
		printf '%s %s %s %s main\n' "$type" "$trust" "$mirror" "$suite"
	done > "$dir/etc/sources.list"
	own_apt_options=(-o "Dir::Etc::sourcelist=$dir/etc/sources.list"
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null
		-o "Dir::State=$dir" -o "Dir::State::lists=$dir/lists"
		-o "Dir::State::status=$dir/status" -o "Dir::State::extended_states=$dir/extended"
		-o "Dir::Cache=$dir/cache" -o "Dir::Cache::archives=$dir/cache/archives"
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
		-o Acquire::Retries=3 -o Acquire::http::Timeout=60
		-o Debug::NoLocking=true -o APT::Install-Recommends=false -o APT::Install-Suggests=false -q)
	if [ "$(id -u)" = 0 ]; then	# _apt may not read DIR; apt checks the signatures anyway
		own_apt_options+=(-o APT::Sandbox::User=root)
	fi
}

# Read the suites' lists.  1: the mirror has none of them.  Anything else ends us.
own_apt_update() {
	local log=$1
	apt-get "${own_apt_options[@]}" -o APT::Update::Error-Mode=any update > "$log" 2>&1 && return 0
	grep -Eq "404 +Not Found|does not have a Release file" "$log" && return 1
	tail -n 5 "$log" >&2
	die "apt-get update failed, see $log"
}
