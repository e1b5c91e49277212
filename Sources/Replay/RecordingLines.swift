internal import Diagnostics
internal import Foundation

/// Reads the lines of a file one after the other, and describes mistakes in them. It holds one line in memory.
struct RecordingLines {
    /// The largest length of a line, so that a file without line ends does not fill the memory.
    private static let lineBytesMax = 16 << 20
    private static let chunkBytes = 64 << 10

    let path: String
    private let file: FileHandle
    private var chunk: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// The newest line, and its number, from 1.
    private(set) var text = ""
    private(set) var number = 0

    init(_ path: String) throws(DiagnosticList) {
        self.path = path
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Self.failure(
                "missing-file", path, "the recording \(path) cannot be opened: check the path and the permissions")
        }
        self.file = file
    }

    /// Reads the next line that is not blank, without its line end.
    /// - Returns: false at the end of the file.
    mutating func advance() throws(DiagnosticList) -> Bool {
        while let line = try nextLine() {
            number += 1
            var bytes = line[...]
            if number == 1, bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
            if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
            text = String(decoding: bytes, as: UTF8.self)
            if !text.allSatisfy(\.isWhitespace) { return true }
        }
        return false
    }

    private mutating func nextLine() throws(DiagnosticList) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if position == chunk.count {
                guard try fill() else { return line.isEmpty ? nil : line }
            }
            let rest = chunk[position...]
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                position = end + 1
                return line
            }
            line += rest
            position = chunk.count
            if line.count > Self.lineBytesMax {
                throw Self.failure(
                    "long-line", path,
                    "line \(number + 1) of \(path) has more than \(Self.lineBytesMax >> 20) MiB: "
                        + "a recording has one record a line")
            }
        }
    }

    /// Reads the next part of the file; false at its end.
    private mutating func fill() throws(DiagnosticList) -> Bool {
        guard !isAtEnd else { return false }
        do {
            chunk = Array(try file.read(upToCount: Self.chunkBytes) ?? Data())
        } catch {
            throw Self.failure("unreadable-file", path, "the recording \(path) cannot be read: \(error)")
        }
        position = 0
        isAtEnd = chunk.isEmpty
        return !isAtEnd
    }

    private static func failure(_ id: String, _ path: String, _ message: String) -> DiagnosticList {
        var diagnostic = Diagnostic(id: id, message)
        diagnostic.path = path
        return DiagnosticList([diagnostic])
    }

    /// Returns a mistake in the newest line.
    /// - Parameter part: the wrong part of the line; `nil` for the whole line.
    func mistake(_ id: String, _ message: String, at part: Substring? = nil, hint: String) -> DiagnosticList {
        let column = part.map { text[..<$0.startIndex].unicodeScalars.count + 1 } ?? 1
        var location = SourceFile(name: path, text: text)
            .location(line: 1, column: column, length: part?.unicodeScalars.count ?? text.unicodeScalars.count)
        location.line = max(number, 1)
        return DiagnosticList([Diagnostic(id: id, message, at: location, hint: hint)])
    }
}
