//go:build unix

package command

import "syscall"

// ofItsOwn puts a process into a group of its own, so that Ctrl-C is for authsoak
// alone.
func ofItsOwn() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
