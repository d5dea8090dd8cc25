/** git's errors for a system that refuses (strerror(3), under LC_ALL=C). */
export const SYSTEM_TROUBLE =
  /No space left on device|Disk quota exceeded|Read-only file system|Input\/output error|Too many open files|Cannot allocate memory|[Uu]nable to (create|write)[^\n]*: (Permission denied|Operation not permitted)/;
