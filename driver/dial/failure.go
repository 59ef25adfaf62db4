package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"authsoak/driver/exchange"
	"authsoak/results"
)

// failure makes the error of an opening: the class is the layer that failed,
// unless time or the generator's own resources ran out.
func (d *dialer) failure(ctx context.Context, class results.Class, err error) error {
	switch {
	case exhausted(err):
		class = results.Exhausted
		err = fmt.Errorf("the generator ran out of descriptors or ports: %w", err)
	case timedOut(ctx, err):
		class = results.Timeout
		err = fmt.Errorf("no connection to %s in time: %w", d.hop, err)
	case class == results.TLS:
		err = fmt.Errorf("%s: %w", d.target, advise(err))
	}
	return &exchange.Error{Class: class, Progress: exchange.NotWritten, Err: err}
}

// timedOut tells whether time ran out: ours, or the kernel's for an answer to
// the first packet.
func timedOut(ctx context.Context, err error) bool {
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT)
}

// exhausted tells whether the generator's machine is at a limit: descriptors,
// ports, memory for sockets. A bind that fails for its address is no such case:
// the address is not this machine's.
func exhausted(err error) bool {
	var call *os.SyscallError
	if errors.As(err, &call) && call.Syscall == "bind" && errors.Is(err, syscall.EADDRNOTAVAIL) {
		return false
	}
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// advise says in words what a failed handshake means and what to do about it.
func advise(err error) error {
	var (
		record tls.RecordHeaderError
		verify *tls.CertificateVerificationError
		name   x509.HostnameError
	)
	switch {
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return fmt.Errorf("the server speaks plain HTTP here, not TLS (use http://): %w", err)
	case errors.As(err, &record):
		return fmt.Errorf("the server does not speak TLS here (its first bytes: %q): %w", record.RecordHeader[:], err)
	case errors.As(err, &name):
		return fmt.Errorf("the server's certificate bears another name (connect by that name, or accept any with --insecure): %w", err)
	case errors.As(err, &verify):
		return fmt.Errorf("the server's certificate is not trusted (name its issuer with --ca FILE, or accept any with --insecure): %w", err)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the server closed the connection during the TLS handshake: %w", err)
	}
	return err
}
