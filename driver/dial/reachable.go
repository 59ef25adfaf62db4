package dial

import "context"

// Reachable opens one connection, with its TLS handshake, and closes it. Its
// error says what is in the way. It sends no request, and it shows the first
// client certificate if there is any.
func Reachable(ctx context.Context, o Options) error {
	d, err := New(o)
	if err != nil {
		return err
	}
	conn, _, err := d.Dial(ctx, min(1, len(o.Certificates)))
	if err != nil {
		return err
	}
	return conn.Close()
}
