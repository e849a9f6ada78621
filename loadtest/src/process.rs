//! What `/proc` tells about a server: memory, CPU time and its sockets.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Kernel ticks per second; Linux fixes the unit of `/proc/PID/stat` at this.
const TICKS_PER_SECOND: u64 = 100;
/// A state in `/proc/net/tcp`.
const TIME_WAIT: &str = "06";

/// Resident memory in KiB.
pub(crate) fn resident_kib(pid: u32) -> Option<u64> {
    of_status(pid, "VmRSS:")
}

fn of_status(pid: u32, key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Most that was resident since the start, or since [`forget_peak`], in KiB.
pub(crate) fn peak_kib(pid: u32) -> Option<u64> {
    of_status(pid, "VmHWM:")
}

/// From here on, the peak is measured anew.
pub(crate) fn forget_peak(pid: u32) -> std::io::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

/// User and system time so far.
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces; the fields are counted after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// The server's end of one TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    peer: SocketAddr,
    pub(crate) inode: u64,
    /// Bytes that the kernel holds until the peer takes them.
    pub(crate) unsent: u64,
}

/// The server's ends of the connections from these addresses; those that the kernel has ended are not among them.
pub(crate) fn sockets_to(pid: u32, peers: &HashSet<SocketAddr>) -> Vec<Socket> {
    let tables = ["tcp", "tcp6"].map(|table| std::fs::read_to_string(format!("/proc/{pid}/net/{table}")));
    let tables: Vec<String> = tables.into_iter().flatten().collect();
    let rows = tables.iter().flat_map(|table| table.lines().skip(1));
    rows.filter_map(socket).filter(|socket| peers.contains(&socket.peer)).collect()
}

/// A row of `/proc/net/tcp`: number, local address, peer, state, queues, …, inode. Of tcp6 only IPv4 in IPv6.
fn socket(row: &str) -> Option<Socket> {
    let fields: Vec<&str> = row.split_whitespace().collect();
    // Closed long ago, and from an address that another connection has by now.
    if *fields.get(3)? == TIME_WAIT {
        return None;
    }
    let (address, port) = fields.get(2)?.split_once(':')?;
    // In the machine's byte order: little-endian wherever this runs.
    let address = u32::from_str_radix(address.get(address.len().checked_sub(8)?..)?, 16).ok()?.swap_bytes();
    let peer = SocketAddr::from((Ipv4Addr::from_bits(address), u16::from_str_radix(port, 16).ok()?));
    let (unsent, _) = fields.get(4)?.split_once(':')?;
    Some(Socket { peer, inode: fields.get(9)?.parse().ok()?, unsent: u64::from_str_radix(unsent, 16).ok()? })
}

/// The sockets that the process holds open, also those whose connection is over.
pub(crate) fn open_sockets(pid: u32) -> std::io::Result<HashSet<u64>> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"))?;
    let inode = |target: std::path::PathBuf| -> Option<u64> {
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    // A descriptor that is closed while they are listed is simply gone.
    let targets = descriptors.flatten().flat_map(|descriptor| std::fs::read_link(descriptor.path()));
    Ok(targets.filter_map(inode).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn this_process_has_memory_and_time() {
        assert!(resident_kib(std::process::id()) > Some(100));
        assert!(peak_kib(std::process::id()) >= resident_kib(std::process::id()));
        assert!(cpu_time(std::process::id()).is_some());
    }

    #[test]
    fn the_end_of_a_connection_is_found_by_its_peer_until_it_is_closed() {
        let this = std::process::id();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let reader = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut served, _) = listener.accept().unwrap();
        served.set_nonblocking(true).unwrap();
        while served.write(&[0; 4_096]).is_ok() {}
        let found = sockets_to(this, &HashSet::from([reader.local_addr().unwrap()]));
        let [socket] = found.as_slice() else { panic!("one socket has this peer: {found:?}") };
        assert!(socket.unsent > 1_000 && open_sockets(this).unwrap().contains(&socket.inode));
        drop(served);
        assert!(!open_sockets(this).unwrap().contains(&socket.inode));
    }
}
