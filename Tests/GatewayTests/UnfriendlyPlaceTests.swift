import Foundation
import POSIX
import TestSupport
import Testing

/// Commands where something is missing that they need.
@Suite struct UnfriendlyPlaceTests {
    /// Runs a command line of the shell to its end.
    private static func shell(_ line: String) throws -> (text: String, code: Int32) {
        let scratch = try TemporaryFolder()
        let process = try Subprocess(
            "/bin/sh", ["-c", line], output: scratch.file("out"), errors: scratch.file("out"))
        let code = process.wait()
        return (try String(contentsOfFile: scratch.file("out"), encoding: .utf8), code)
    }

    /// Whether a line can be run here at all: in a container, or without the rights, it may not.
    private static func works(_ line: String) -> Bool { (try? shell(line).code) == 0 }

    /// The folder of the Swift runtime that the tests run on: without /proc a program does not find its own.
    private static let library: String = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let path = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }?.split(separator: " ").last
        return path.map { URL(fileURLWithPath: String($0)).deletingLastPathComponent().path } ?? ""
    }()

    @Test(
        "without /proc a command fails with its reason, and is not taken for the one without arguments, which succeeds",
        .enabled(if: works("unshare -m mount -t tmpfs none /proc")))
    func withoutProc() throws {
        let line =
            "mount -t tmpfs none /proc && LD_LIBRARY_PATH='\(Self.library)' '\(TocsinBinary.path)' check --config x.yaml"
        let found = try Self.shell("unshare -m sh -c \"\(line)\"")
        #expect(found.code == 71)
        #expect(found.text.contains("/proc is not there") && !found.text.contains("USAGE"), "\(found.text)")
    }

    private static let asNobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"

    @Test(
        "a user outside the group is told which group to join, and not that files are missing",
        .enabled(if: works("\(asNobody) '\(TocsinBinary.path)' --version")))
    func outsider() throws {
        let folder = try TemporaryFolder()
        try folder.write("etc/tocsin.yaml", "lateness: soon\n")
        func refused(_ mode: Int, group: Int) throws -> String {
            try FileManager.default.setAttributes(
                [.posixPermissions: mode, .groupOwnerAccountID: group], ofItemAtPath: folder.file("etc"))
            let found = try Self.shell(
                "\(Self.asNobody) '\(TocsinBinary.path)' alarms --config '\(folder.file("etc/tocsin.yaml"))'")
            #expect(found.code != 0 && !found.text.contains("there is no file"), "\(found.text)")
            return found.text
        }
        // Group 5 is tty wherever there are groups.
        #expect(
            try refused(0o750, group: 5).contains("only members of the group 'tty' may read"))
        // Nobody is sent to root's group, nor to one that may not read either.
        #expect(try refused(0o750, group: 0).contains("only its owner may read"))
        #expect(try refused(0o700, group: 5).contains("only its owner may read"))
    }
}
