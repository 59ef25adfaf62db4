//go:build race

package simulator

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What happened before a write has happened before the read of it: the detector
// reports nothing, or this test fails by what it reports.
func TestRaceDetectorSeesOrder(t *testing.T) {
	client, server := dialed(t)
	other := direct(client)
	shared := 0
	go func() {
		shared = 1
		other.Write([]byte{1})
	}()
	if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
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
	client, server := dialed(t)
	buffer, done := make([]byte, 1), make(chan struct{})
	go func() {
		buffer[0] = 1
		close(done)
	}()
	client.Write([]byte{2})
	server.Read(buffer)
	<-done
}
