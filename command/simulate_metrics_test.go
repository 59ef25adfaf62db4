package command

import (
	"net/http/httptest"
	"strings"
	"testing"

	"authsoak/simulator"
)

// A simulator's page has what a soak run follows of a target by itself.
func TestOwnMetrics(t *testing.T) {
	server, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	answer := httptest.NewRecorder()
	ownMetrics(server).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"\nsimulator_sessions 0\n", "\nprocess_resident_memory_bytes ", "\ngo_goroutines "} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
