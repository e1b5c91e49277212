import Demo
import Foundation
import POSIX

/// A small certificate authority of the test's own, made by openssl.
package struct Certificates {
    package let folder: TemporaryFolder
    package var authority: String { folder.file("ca.pem") }
    package var otherAuthority: String { folder.file("other.pem") }
    package var server: String { folder.file("server.pem") }
    package var serverKey: String { folder.file("server.key") }
    package var client: String { folder.file("client.pem") }
    package var clientKey: String { folder.file("client.key") }
    /// The present certificate of the server, to be renewed: see ``use(server:trusted:)``.
    package var currentServer: String { folder.file("current-server.pem") }
    package var currentServerKey: String { folder.file("current-server.key") }
    package var trusted: String { folder.file("trusted.pem") }
    package var passwords: String { folder.file("passwords") }

    package init() throws {
        folder = try TemporaryFolder()
        let script = """
            set -e
            cd '\(folder.path)'
            for name in ca other; do
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -keyout $name.key -out $name.pem
            done
            for name in server client; do
                openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
                printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\n' > $name.ext
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
            done
            # By another authority, and by this one for a time that is over.
            openssl req -newkey rsa:2048 -nodes -subj "/CN=stranger" -keyout stranger.key -out stranger.csr
            openssl x509 -req -in stranger.csr -CA other.pem -CAkey other.key -CAcreateserial -days 2 -extfile server.ext -out stranger.pem
            for name in expired elsewhere; do cp server.key $name.key; done
            printf 'subjectAltName=DNS:elsewhere.example.org\\n' > elsewhere.ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile elsewhere.ext -out elsewhere.pem
            printf '[a]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.conf
            touch index
            openssl ca -batch -config ca.conf -name a -rand_serial -cert ca.pem -keyfile ca.key -in server.csr -extfile server.ext \
                -startdate 20200101000000Z -enddate 20210101000000Z -out expired.pem
            mosquitto_passwd -b -c passwords gateway swordfish
            chmod -R a+rX .
            """
        let code = try Subprocess("/bin/sh", ["-c", script]).wait()
        guard code == 0 else { throw TestFailure("openssl could not make certificates") }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        try use(server: "server", trusted: "ca")
    }

    /// Renews the present certificates.
    /// - Parameters:
    ///   - server: `server`, or `stranger` (of another authority), `expired`, `elsewhere` (of another host).
    ///   - trusted: `ca` or `other`.
    package func use(server: String? = nil, trusted: String? = nil) throws {
        func copy(_ from: String, _ to: String) throws {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.file(from)))
            try data.write(to: URL(fileURLWithPath: to), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: to)
        }
        if let server {
            try copy(server + ".pem", currentServer)
            try copy(server + ".key", currentServerKey)
        }
        if let trusted { try copy(trusted + ".pem", self.trusted) }
    }
}
