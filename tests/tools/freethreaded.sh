#!/usr/bin/env bash
# Makes a free-threaded Python 3.14 for Linux (x86-64, glibc) out of packages of registries, where no installer is to be had.
#
#   freethreaded.sh [-d FOLDER] [-r REQUIREMENTS]
#
#   -d  where all is kept (default: freethreaded-python in the temporary folder); FOLDER/python/bin/python3.14t is made
#   -r  packages to be installed in FOLDER/venv, which has wheels for all of requirements.txt but `-e .` and ruff, which are left out; run with the
#       collection's folder in PYTHONPATH, for example: FOLDER/venv/bin/python -m pytest -n0 notebooks/01_process.ipynb
#
# The interpreter and its extension modules come from panda3d's wheel for cp314t: its tool for making programs has the
# interpreter linked into it, with all its names. `main.so`, preloaded, gives it the main function that it lacks. The pure
# part of the library is the one that pyodide has; what that leaves out (venv, ensurepip, ...) comes from a Linux Python
# 3.13 or newer. OpenSSL 3.5 is psycopg's. Known limits: a traceback may differ in a frame or two; no headers.
set -euo pipefail
folder=${TMPDIR:-/tmp}/freethreaded-python requirements=
while [[ ${1-} == -[dr] ]]; do
  case $1 in
    -d) folder=$2 ;;
    -r) requirements=$(realpath "$2") ;;
  esac
  shift 2
done
mkdir -p "$folder"
folder=$(realpath "$folder")
home=$folder/python library=$folder/python/lib/python3.14t
download() { # folder, Python, ABI, package
  python3 -m pip download -q --no-deps --only-binary=:all: --platform manylinux2014_x86_64 \
    --platform manylinux_2_28_x86_64 --python-version "$2" --implementation cp --abi "$3" -d "$1" "$4"
}
donor() { # a Linux Python 3.13, whichever way it is installed
  if python3.13 -c '' 2>/dev/null; then python3.13 "$@"; else PYENV_VERSION=$(pyenv latest 3.13) python3.13 "$@"; fi
}
if [[ ! -e $home/made ]]; then
  mkdir -p "$folder"/{wheels,parts,openssl} "$home/bin" "$library"/{lib-dynload,site-packages}
  cd "$folder"
  download wheels 3.14 cp314t panda3d
  download wheels 3.12 cp312 psycopg-binary
  npm pack --silent --pack-destination wheels pyodide@314 >/dev/null
  unzip -qo wheels/panda3d-*cp314t*.whl 'deploy_libs/*' panda3d_tools/deploy-stub -d parts
  unzip -qoj wheels/psycopg_binary-*.whl '*libs/libssl-*' '*libs/libcrypto-*' -d openssl
  tar xzf wheels/pyodide-*.tgz -C parts package/python_stdlib.zip
  tar -C "$(donor -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" --exclude=__pycache__ \
    -cf - venv ensurepip curses dbm pty.py tty.py _pydecimal.py | tar -C "$library" -xf -
  python3 -m zipfile -e parts/package/python_stdlib.zip "$library"
  rm -f "$library/_ssl.py" # pyodide's, which only says that there is none
  for part in parts/deploy_libs/*; do
    case ${part##*/} in
      _decimal.*) ;; # its library is not there; `decimal` does without it
      *.cpython-314t-*) cp "$part" "$library/lib-dynload" ;;
      _sysconfigdata*) cp "$part" "$library" ;;
      libp3* | libpanda*) ;;
      *.so*) cp "$part" "$library/lib-dynload" ;;
    esac
  done
  for name in ssl crypto; do
    cp openssl/lib$name-* "$library/lib-dynload"
    ln -sf "$(cd openssl && echo lib$name-*)" "$library/lib-dynload/lib$name.so.3"
  done
  cp parts/panda3d_tools/deploy-stub "$home/lib/interpreter"
  chmod 755 "$home/lib/interpreter"
  cat >main.c <<'C'
/* Makes a program that has Python linked into it, and a main of its own, the interpreter. Needs Python 3.14 (PEP 741). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <stdint.h>
#include <signal.h>

typedef struct Config Config;
typedef struct Object Object;
extern Config *PyInitConfig_Create(void);
extern int PyInitConfig_SetInt(Config *, const char *, int64_t);
extern int PyInitConfig_SetStr(Config *, const char *, const char *);
extern int PyInitConfig_SetStrList(Config *, const char *, size_t, char *const *);
extern int PyInitConfig_GetError(Config *, const char **);
extern int PyInitConfig_GetExitCode(Config *, int *);
extern int Py_InitializeFromInitConfig(Config *);
extern int PyRun_SimpleStringFlags(const char *, void *);
extern Object *PyImport_AddModule(const char *);
extern Object *PyObject_CallMethod(Object *, const char *, const char *, ...);
extern void PyErr_Print(void);
extern int Py_FinalizeEx(void);

extern Object *PyRun_StringFlags(const char *, int, Object *, Object *, void *);
extern Object *PyRun_FileExFlags(FILE *, const char *, int, Object *, Object *, int, void *);
extern Object *PyModule_GetDict(Object *);
extern Object *PyImport_ImportModule(const char *);
extern Object *PyDict_GetItemString(Object *, const char *);
extern const char *PyUnicode_AsUTF8(Object *);
extern int PyErr_ExceptionMatches(Object *);
extern Object *PyExc_KeyboardInterrupt;

/* Leaves in `_kind` and `_given` what the arguments say. */
static const char look[] =
    "def _look():\n"
    "    import os, sys\n"
    "    args, safe, at = sys.orig_argv, sys.flags.safe_path, 1\n"
    "    while at < len(args) and args[at].startswith('-') and args[at] != '-':\n"
    "        word = args[at]\n"
    "        if word.startswith('--'):\n"
    "            at += 2 if word == '--check-hash-based-pycs' else 1\n"
    "            continue\n"
    "        for place, letter in enumerate(word[1:], 2):\n"
    "            if letter in 'cm':\n"
    "                safe or sys.path.insert(0, '' if letter == 'c' else os.getcwd())\n"
    "                return letter, word[place:] or args[at + 1]\n"
    "            if letter in 'WX':\n"
    "                at += word[place:] == ''\n"
    "                break\n"
    "        at += 1\n"
    "    if at == len(args) or args[at] == '-':\n"
    "        safe or sys.path.insert(0, '')\n"
    "        return 'c', sys.stdin.read()\n"
    "    file = args[at]\n"
    "    if os.path.isdir(file) or file.endswith('.zip'):\n"
    "        sys.path.insert(0, file)\n"
    "        return 'd', '__main__'\n"
    "    import importlib.machinery\n"
    "    safe or sys.path.insert(0, os.path.dirname(os.path.realpath(file)))\n"
    "    loader = importlib.machinery.SourceFileLoader('__main__', file)\n"
    "    globals().update(__file__=os.path.abspath(file), __loader__=loader)\n"
    "    return 'f', os.path.abspath(file)\n"
    "_kind, _given = _look()\n"
    "del _look\n";

static int interpreter(int argc, char **argv, char **environment)
{
    Config *config = PyInitConfig_Create();
    const char *message;
    int code, bad = 0;
    (void)environment;
    char *exe = getenv("FT_EXE");
    bad |= PyInitConfig_SetInt(config, "isolated", 0);
    bad |= PyInitConfig_SetInt(config, "use_environment", 1);
    bad |= PyInitConfig_SetInt(config, "user_site_directory", 1);
    bad |= PyInitConfig_SetInt(config, "safe_path", 0);
    bad |= PyInitConfig_SetInt(config, "parse_argv", 1);
    bad |= PyInitConfig_SetInt(config, "install_signal_handlers", 1);
    bad |= PyInitConfig_SetInt(config, "configure_c_stdio", 1);
    bad |= PyInitConfig_SetInt(config, "configure_locale", 1);
    bad |= PyInitConfig_SetInt(config, "utf8_mode", 1);
    bad |= PyInitConfig_SetStr(config, "program_name", exe);
    bad |= PyInitConfig_SetStr(config, "executable", exe);
    bad |= PyInitConfig_SetStrList(config, "argv", argc, argv);
    unsetenv("LD_PRELOAD"); unsetenv("FT_LIB"); unsetenv("FT_EXE");
    if (bad || Py_InitializeFromInitConfig(config) < 0) {
        if (PyInitConfig_GetExitCode(config, &code)) return code;
        if (PyInitConfig_GetError(config, &message)) fprintf(stderr, "%s\n", message);
        return 1;
    }
    if (PyRun_SimpleStringFlags(look, 0)) return 1;
    Object *names = PyModule_GetDict(PyImport_AddModule("__main__")), *done = 0;
    char kind = *PyUnicode_AsUTF8(PyDict_GetItemString(names, "_kind"));
    char *given = strdup(PyUnicode_AsUTF8(PyDict_GetItemString(names, "_given")));
    PyRun_SimpleStringFlags("del _kind, _given", 0);
    if (kind == 'c') done = PyRun_StringFlags(given, 257, names, names, 0);
    else if (kind == 'f') {
        FILE *file = fopen(given, "rb");
        if (!file) { perror(given); return 2; }
        done = PyRun_FileExFlags(file, given, 257, names, names, 1, 0);
    } else done = PyObject_CallMethod(PyImport_ImportModule("runpy"), "_run_module_as_main", "si", given, kind == 'm');
    code = 0;
    int interrupted = 0;
    if (!done) {
        interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        PyErr_Print();  /* at SystemExit it ends the process */
        code = 1;
    }
    if (Py_FinalizeEx() < 0) code = 120;
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    return code;
}

typedef int (*main_t)(int, char **, char **);

int __libc_start_main(main_t main, int argc, char **argv, void *init, void *fini, void *rtld, void *end)
{
    int (*real)(main_t, int, char **, void *, void *, void *, void *) = dlsym(RTLD_NEXT, "__libc_start_main");
    return real(getenv("FT_EXE") ? interpreter : main, argc, argv, init, fini, rtld, end);
}
C
  cat >launcher.c <<'C'
/* bin/python: starts ../lib/interpreter with the library that makes it one. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char self[PATH_MAX], as[PATH_MAX], path[PATH_MAX + 32];
    (void)argc;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
    if (strchr(argv[0], '/')) {         /* in a virtual environment it is a link, whose place matters */
        char *folder = realpath(dirname(strdup(argv[0])), 0);
        snprintf(as, sizeof as, "%s/%s", folder ? folder : "", basename(strdup(argv[0])));
    } else {
        char *paths = strdup(getenv("PATH") ? getenv("PATH") : ""), *each;
        strcpy(as, self);
        for (each = strtok(paths, ":"); each; each = strtok(0, ":")) {
            snprintf(path, sizeof path, "%s/%s", each, argv[0]);
            if (!access(path, X_OK)) { snprintf(as, sizeof as, "%s", path); break; }
        }
    }
    char *home = dirname(dirname(self));
    setenv("FT_EXE", as, 1);
    snprintf(path, sizeof path, "%s/lib/main.so", home);
    setenv("LD_PRELOAD", path, 1);
    snprintf(path, sizeof path, "%s/lib/interpreter", home);
    execv(path, argv);
    perror(path);
    return 1;
}
C
  gcc -O2 -shared -fPIC -o "$home/lib/main.so" main.c -ldl
  gcc -O2 -o "$home/bin/python3.14t" launcher.c
  ln -sf python3.14t "$home/bin/python3"
  ln -sf python3.14t "$home/bin/python"
  touch "$home/made"
fi
"$home/bin/python" -c 'import sys; print(sys.version, "GIL:", sys._is_gil_enabled())'
if [[ $requirements ]]; then
  [[ -e $folder/venv/pyvenv.cfg ]] || "$home/bin/python" -m venv "$folder/venv"
  grep -v -e '^-e' -e '^ruff' "$requirements" >"$folder/requirements.txt"
  # By a Linux Python's pip, for this one's ssl can't do it: the library's pure part is pyodide's.
  donor -m pip install -q --upgrade --target "$folder/venv/lib/python3.14t/site-packages" --only-binary=:all: --implementation cp \
    --python-version 3.14 --abi cp314t --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 -r "$folder/requirements.txt"
fi
