//go:build unix

package command

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that nobody waits for any more goes on by itself: killed between stop and
// start, it would leave the target down.
func TestRestartCommandIsNotKilled(t *testing.T) {
	dir := t.TempDir()
	begun, done := filepath.Join(dir, "begun"), filepath.Join(dir, "done")
	script := "echo $$ > " + begun + ".part; mv " + begun + ".part " + begun + "; sleep 0.3; echo > " + done
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		await(t, begun)
		text, _ := os.ReadFile(begun)
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		if group, err := syscall.Getpgid(pid); group != pid {
			t.Errorf("process %d is in group %d (%v): a Ctrl-C would reach it", pid, group, err)
		}
	}()
	if err := runAside(ctx, "/bin/sh", []string{"-c", script}); err == nil || !strings.Contains(err.Error(), "left to itself") {
		t.Errorf("cut short: %v", err)
	}
	await(t, done)
	if err := runAside(t.Context(), "/bin/sh", []string{"-c", "exit 3"}); err == nil || !strings.Contains(err.Error(), "exit status 3: run it by hand") {
		t.Errorf("a command that fails: %v", err)
	}
}

// await waits until a file is there.
func await(t *testing.T, path string) {
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s never came", path)
}
