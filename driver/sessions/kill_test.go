package sessions

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	childEnv    = "AUTHSOAK_TEST_LEDGER"
	childKind   = "AUTHSOAK_TEST_LEDGER_KIND"
	childShards = 4
	childUsers  = 200
)

// fill makes a jar that shows by itself whether it is whole: a number, a text
// that follows from it, and the checksum of both.
func fill(j *Jar, n uint64) {
	j.Reset(3)
	j.Slots[0] = strconv.AppendUint(j.Slots[0], n, 10)
	for i := range n % 700 {
		j.Slots[1] = append(j.Slots[1], byte('a'+(n+i)%26))
	}
	h := fnv.New64a()
	h.Write(j.Slots[0])
	h.Write(j.Slots[1])
	j.Slots[2] = strconv.AppendUint(j.Slots[2], h.Sum64(), 10)
}

func whole(j *Jar) bool {
	if len(j.Slots) != 3 {
		return false
	}
	n, err := strconv.ParseUint(string(j.Slots[0]), 10, 64)
	var want Jar
	fill(&want, n)
	return err == nil && bytes.Equal(j.Slots[1], want.Slots[1]) && bytes.Equal(j.Slots[2], want.Slots[2])
}

// child is the run that gets killed: it changes sessions at random as fast as it
// can, and writes a line now and then.
func child(path string) {
	s, err := kinds[os.Getenv(childKind)](path, childShards)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var wait sync.WaitGroup
	for i := range childShards {
		wait.Go(func() { churn(s.Shard(i), uint64(i)) })
	}
	wait.Wait()
}

func churn(h *Shard, seed uint64) {
	random := rand.New(rand.NewPCG(seed, uint64(os.Getpid())))
	var ids []ID
	var j Jar
	for n := 0; ; n++ {
		if len(ids) < childUsers {
			id, err := h.Take()
			if err != nil {
				panic(err)
			}
			ids = append(ids, id)
		}
		i := random.IntN(len(ids))
		switch id := ids[i]; random.IntN(20) {
		case 0:
			h.SetState(id, Closed)
		case 1:
			h.Release(id)
			ids[i] = ids[len(ids)-1]
			ids = ids[:len(ids)-1]
		case 2:
			left, err := h.Leave(id, Abandoned)
			if err != nil {
				panic(err)
			}
			h.SetState(left, Closed)
			h.Release(left)
		default:
			fill(&j, random.Uint64())
			h.At(id).Account = uint32(id)
			if err := h.SaveAs(id, &j, Live); err != nil {
				panic(err)
			}
		}
		if n%500 == 499 {
			fmt.Println(n)
		}
	}
}

func TestKilledRunLeavesEverySessionWhole(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for kind, rounds := range map[string]int{"mapped": 5, "through": 2} {
		for round := range rounds {
			path := filepath.Join(t.TempDir(), "ledger")
			killed(t, self, kind, path, 20+7*round)
			l := open(t, path)
			live, empty := 0, 0
			for e := range l.Entries() {
				live++
				switch {
				case e.State == Abandoned && e.Err == nil && len(e.Jar.Slots) == 0:
					empty++ // left before its first save
				case e.Err != nil || !whole(&e.Jar) || e.Record.Account != uint32(e.ID) && e.State == Live:
					t.Errorf("%s, round %d: %v %d: %v, %.80s", kind, round, e.State, e.ID, e.Err, e.Jar.text())
				}
			}
			if live < childUsers/2 || empty > childShards {
				t.Errorf("%s, round %d: %d sessions, %d of them empty", kind, round, live, empty)
			}
			l.Close()
		}
	}
}

// killed starts a child and kills it after some lines.
func killed(t *testing.T, self, kind, path string, lines int) {
	t.Helper()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+path, childKind+"="+kind)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for range lines {
		if !scanner.Scan() {
			break
		}
		if _, err := strconv.Atoi(scanner.Text()); err != nil {
			t.Errorf("child: %s", scanner.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "kill") {
		t.Errorf("child: %v", err)
	}
}
