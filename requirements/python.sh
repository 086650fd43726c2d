#!/bin/sh
# Print the path of a Python of the given version (3.13), or fail: PATH is searched first, then the
# versions that pyenv has installed. A candidate is run, because pyenv puts a command for each of
# them on PATH, and those of the versions that are not switched on fail.
set -u
version=$1

works() {
    [ -x "$1" ] && "$1" -c "
import ensurepip, sys
sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null
}

IFS=:
for folder in $PATH; do
    case $folder in "$PWD"/.venv*) continue ;; esac
    if works "$folder/python$version"; then
        "$folder/python$version" -c 'import sys; print(sys.executable)'
        exit
    fi
done
unset IFS
for candidate in "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version".*/bin/"python$version"; do
    if works "$candidate"; then
        echo "$candidate"
        exit
    fi
done
exit 1
