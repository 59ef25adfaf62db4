//go:build unix

package sessions

import "syscall"

func umask(mask int) int { return syscall.Umask(mask) }
