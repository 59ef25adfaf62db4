package profiles

import "testing"

func TestSmoke(t *testing.T) {
	for _, e := range Endpoints() {
		t.Log(e.Name, len(e.Matrix()))
	}
	for _, l := range Loads() {
		t.Log(l.Name)
	}
}
