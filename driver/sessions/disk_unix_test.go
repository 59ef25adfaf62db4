//go:build unix

package sessions

import (
	"syscall"
	"testing"
)

// diskBytes is what the file takes on the disk.
func diskBytes(t *testing.T, path string) int64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Blocks) * 512
}
