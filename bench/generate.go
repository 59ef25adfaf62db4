package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"
)

// client does one request of a session and returns the cookie the answer set,
// or the one it was given.
type client interface {
	do(method, path, cookie string) (string, error)
	close() error
}

// dialer opens a client's connection; secure is nil for plain TCP.
type dialer func(address string, secure *tls.Config) (client, error)

// generate runs cycles of login, calls and logout over a number of connections
// for a while. It judges nothing and records nothing.
func generate(args []string, dial dialer) error {
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:7950", "the server")
	connections := flags.Int("connections", 50, "connections, one goroutine each")
	calls := flags.Int("calls", 8, "calls of a session")
	duration := flags.Duration("duration", 5*time.Second, "how long")
	ca := flags.String("ca", "", "file of the server's certificate; left out: no TLS")
	perSession := flags.Bool("per-session", false, "a new connection for each session")
	rate := flags.Int("rate", 0, "cycles a second, at their instants; left out: as many as will")
	flags.Parse(args)
	if *rate > 0 && *perSession {
		return errors.New("-rate keeps its connections: leave -per-session out")
	}
	secure, err := trust(*ca)
	if err != nil {
		return err
	}
	end := time.Now().Add(*duration)
	dialing := func() (client, error) { return dial(*address, secure) }
	work := func() error { return drive(*calls, *perSession, end, dialing) }
	var p *pace
	if *rate > 0 {
		p = newPace(time.Second/time.Duration(*rate), *duration, *connections)
		work = func() error { return p.drive(*calls, dialing) }
	}
	errs := make([]error, *connections)
	var group sync.WaitGroup
	for i := range *connections {
		group.Go(func() { errs[i] = work() })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil || p == nil {
		return err
	}
	return p.tell()
}

// drive runs cycles on one connection at a time.
func drive(calls int, perSession bool, end time.Time, dial func() (client, error)) error {
	c, err := dial()
	for err == nil && time.Now().Before(end) {
		if err = cycle(c, calls); err == nil && perSession {
			if err = c.close(); err == nil {
				c, err = dial()
			}
		}
	}
	return err
}

func cycle(c client, calls int) error {
	cookie, err := c.do("POST", "/login", "")
	if err == nil && cookie == "" {
		return errors.New("login set no cookie")
	}
	for range calls {
		if err == nil {
			cookie, err = c.do("GET", "/call", cookie)
		}
	}
	if err == nil {
		_, err = c.do("POST", "/logout", cookie)
	}
	if err != nil {
		return fmt.Errorf("cycle: %w", err)
	}
	return nil
}
