//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package sessions

func openBacking(path string) (backing, error) { return openThrough(path) }
