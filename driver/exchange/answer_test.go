package exchange

import "testing"

// What is kept of a body is the sender's wish, which holds until it is changed;
// everything else of an answer ends with it.
func TestResetKeepsTheWish(t *testing.T) {
	a := Answer{Keep: 1 << 20}
	copy(a.room(8), "SID=1234")
	a.Status, a.Close, a.Resent = 200, true, true
	a.Fields = append(a.Fields, Field{Name: []byte("Set-Cookie"), Value: a.Held()})
	a.Reset()
	if a.Kept() != 1<<20 || a.Status != 0 || a.Close || a.Resent || len(a.Fields) != 0 || a.Held() != nil {
		t.Errorf("after Reset: %+v", a)
	}
}

// An engine may list fields before it asks for memory.
func TestBufferKeepsFields(t *testing.T) {
	var a Answer
	a.Fields = append(a.Fields, Field{Name: []byte("Date")})
	a.room(4)
	if len(a.Fields) != 1 {
		t.Errorf("%d fields after Buffer, want 1", len(a.Fields))
	}
}

// Two answers at hand at once lie in memory of their own.
func TestAnswersDontShare(t *testing.T) {
	var a, b Answer
	copy(a.room(4), "aaaa")
	copy(b.room(4), "bbbb")
	if string(a.Held()[:4]) != "aaaa" {
		t.Errorf("%q was written over", a.Held()[:4])
	}
}

func (a *Answer) room(n int) []byte {
	if len(a.Buffer()) < n {
		a.SetBuffer(make([]byte, n))
	}
	return a.Held()
}
