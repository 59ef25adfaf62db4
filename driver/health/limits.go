package health

import "fmt"

// spareFiles is what the harness itself keeps open, and some room.
const spareFiles = 64

// RaiseFileLimit asks for all the descriptors that may be had, and returns how
// many the process may have open, 0 where there is no limit.
func RaiseFileLimit() (soft uint64, err error) {
	err = raiseFileLimit()
	soft, _ = fileLimit()
	if err != nil {
		return soft, fmt.Errorf("open files: limit stays at %d: %w", soft, err)
	}
	return soft, nil
}

// HeadRoom tells, before a run, whether that many connections can be open at
// once, and if not, what to do about it.
func HeadRoom(connections int) error {
	soft, hard := fileLimit()
	return fileRoom(connections, look().OpenFiles, soft, hard)
}

func fileRoom(connections, open int, soft, hard uint64) error {
	need := uint64(connections) + uint64(open) + spareFiles
	switch {
	case soft == 0 || need <= soft:
		return nil
	case need <= hard:
		return fmt.Errorf("open files: %d connections need a limit of %d, it is %d: run `ulimit -n %d` first",
			connections, need, soft, need)
	}
	return fmt.Errorf("open files: %d connections need a limit of %d, it is %d and may not be raised past %d: "+
		"raise the hard limit (LimitNOFILE= of the service, --ulimit nofile= of the container, "+
		"or nofile in /etc/security/limits.conf), or have connections shared",
		connections, need, soft, hard)
}

// PortRoom tells, before a run, whether one local address has ports for that many
// connections to one server address, and if not, what to do about it.
func PortRoom(connections int) error { return portRoom(connections, look().PortRange) }

func portRoom(connections, ports int) error {
	if ports == 0 || connections <= ports {
		return nil
	}
	return fmt.Errorf("local ports: %d connections to one server address need as many ports, there are %d: "+
		"run `sysctl -w net.ipv4.ip_local_port_range='1024 65535'`, spread the load over several addresses, "+
		"or have connections shared", connections, ports)
}

// look reads what the system tells of the process, once.
func look() Health {
	var p proc
	p.open()
	defer func() { _ = p.close() }()
	var h Health
	p.sample(&h)
	return h
}
