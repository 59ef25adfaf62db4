//go:build unix && race

package http1

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// pipe is two ends of a stream between which nothing but its calls makes an order.
func pipe(t *testing.T) (from, to int) {
	t.Helper()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(ends[0]); syscall.Close(ends[1]) })
	return ends[0], ends[1]
}

// What happened before a write has happened before the read of it: the detector
// reports nothing, or this test fails by what it reports.
func TestRaceDetectorSeesOrder(t *testing.T) {
	from, to := pipe(t)
	shared := 0
	go func() {
		shared = 1
		writeOnce(from, []byte{1})
	}()
	if n, err := readOnce(to, make([]byte, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if shared != 1 {
		t.Error("the write came after its byte")
	}
}

const racing = "AUTHSOAK_RACING"

// A buffer that is read into while another goroutine writes to it is reported.
func TestRaceDetectorSeesBuffers(t *testing.T) {
	if os.Getenv(racing) == "" {
		again := exec.Command(os.Args[0], "-test.run=^TestRaceDetectorSeesBuffers$", "-test.timeout=1m")
		again.Env = append(os.Environ(), racing+"=1")
		if out, err := again.CombinedOutput(); err == nil || !strings.Contains(string(out), "DATA RACE") {
			t.Errorf("a race on a buffer went unseen: %v\n%s", err, out)
		}
		return
	}
	from, to := pipe(t)
	buffer, done := make([]byte, 1), make(chan struct{})
	go func() {
		buffer[0] = 1
		close(done)
	}()
	writeOnce(from, []byte{2})
	readOnce(to, buffer)
	<-done
}
