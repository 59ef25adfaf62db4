//go:build !unix

package http1

import "syscall"

// rawConn says that sockets here don't tell readiness: an exchange is then an
// ordinary write and an ordinary read.
func rawConn(syscall.Conn) syscall.RawConn { return nil }

func (c *Conn) rawTurn(uintptr) bool { return true }

func (c *Conn) rawPeek(uintptr) {}

func (g *Guard) rawTry(uintptr) bool  { return true }
func (g *Guard) rawTurn(uintptr) bool { return true }
