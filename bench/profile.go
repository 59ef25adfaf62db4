package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/pprof/profile"
)

// profiled is the work that the compiler's profile is taken of.
var profiled = []struct {
	work
	rate int // cycles a second; 0: closed model
}{
	{work: work{transport: plain, connections: 50, calls: 1}},
	{work: work{transport: plain, connections: 50, calls: 8}},
	{work: work{transport: plain, connections: 1000, calls: 8}},
	{work: work{transport: secured, connections: 50, calls: 8}},
	{work: work{transport: plain, connections: 50, calls: 1}, rate: 5000},
}

// profileVariable names the file for the profile of a program that was built to
// write one.
const profileVariable = "AUTHSOAK_CPU_PROFILE"

// profiling is added to authsoak for this one build: the product has no such door.
// The profile leaves out the start and the end.
const profiling = `package main

import (
	"os"
	"runtime/pprof"
	"time"
)

func init() {
	path := os.Getenv("` + profileVariable + `")
	if path == "" {
		return
	}
	go func() {
		time.Sleep(500 * time.Millisecond)
		f, err := os.Create(path)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			panic(err)
		}
		time.Sleep(%d)
		pprof.StopCPUProfile()
		f.Close()
	}()
}
`

// writeProfile drives the work above with an authsoak that profiles itself, and
// writes what the compiler builds by from then on.
func writeProfile(args []string) error {
	flags := flag.NewFlagSet("profile", flag.ExitOnError)
	duration := flags.Duration("duration", 20*time.Second, "of each turn, more than a second")
	out := flags.String("out", "../default.pgo", "the file")
	flags.Parse(args)
	if *duration <= time.Second {
		return fmt.Errorf("profile -duration %v: must be more than a second, since the start and the end are left out", *duration)
	}
	b, err := newProfilingBench(*duration - time.Second)
	if err != nil {
		return err
	}
	defer b.close()
	if err := raiseFiles(); err != nil {
		return err
	}
	var taken []*profile.Profile
	for i, p := range profiled {
		w := p.work
		w.duration = *duration
		path := filepath.Join(b.dir, strconv.Itoa(i))
		fmt.Printf("%s, %d connections, %d calls, %d cycles a second\n", w.transport, w.connections, w.calls, p.rate)
		_, err := b.turn(generator{name: "authsoak", command: func(b *bench, w *work) *exec.Cmd {
			load := []string{"--users", strconv.Itoa(w.connections)}
			if p.rate > 0 {
				load = []string{"--rate", strconv.Itoa(p.rate)}
			}
			cmd := authsoakRun(b, w, append(load, "--workers", strconv.Itoa(w.connections))...)
			cmd.Env = append(os.Environ(), profileVariable+"="+path)
			return cmd
		}}, w)
		if err != nil {
			return err
		}
		one, err := readProfile(path)
		if err != nil {
			return err
		}
		taken = append(taken, one)
	}
	merged, err := profile.Merge(taken)
	if err != nil {
		return err
	}
	strip(merged)
	f, err := os.Create(*out)
	if err != nil {
		return err
	}
	return errors.Join(merged.Write(f), f.Close())
}

// newProfilingBench builds authsoak with the file above in it.
func newProfilingBench(length time.Duration) (*bench, error) {
	main, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	b, err := newBench("authsoak") // built here, under this name
	if err != nil {
		return nil, err
	}
	source, overlay := filepath.Join(b.dir, "profiling.go"), filepath.Join(b.dir, "overlay.json")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(main, "profiling.go"): source}})
	err = errors.Join(err, os.WriteFile(source, fmt.Appendf(nil, profiling, length), 0o600), os.WriteFile(overlay, replaced, 0o600))
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	// Not by the profile that is there: it would be confirmed, not renewed.
	return b, b.build("-pgo=off", "-trimpath", "-overlay", overlay)
}

func readProfile(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p, err := profile.Parse(f)
	return p, errors.Join(err, f.Close())
}

// strip takes away what the compiler doesn't ask for: which machine it was, and when.
func strip(p *profile.Profile) {
	p.TimeNanos, p.DurationNanos, p.Comments = 0, 0, nil
	for _, m := range p.Mapping {
		m.File, m.BuildID = "authsoak", ""
	}
	for _, l := range p.Location {
		l.Address = 0
	}
	for _, s := range p.Sample {
		s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
	}
}
