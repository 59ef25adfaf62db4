//go:build !unix && !windows

package command

import "syscall"

// ofItsOwn changes nothing where there are no process groups to be had.
func ofItsOwn() *syscall.SysProcAttr { return nil }
