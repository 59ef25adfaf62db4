//go:build !unix

package sessions

func umask(int) int { return 0 }
