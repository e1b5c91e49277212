internal import CLinux
internal import Glibc
package import MQTT

// Wrapping operators: a count read from a file may be any number. A count that wraps starts over.

/// Keeps the payload that is being evaluated in a file that outlives the process. If the process ends during the
/// evaluation, the next one knows the payload.
///
/// A payload that was being evaluated at three ends in a row is quarantined. Otherwise the broker would send it again
/// after each end, before everything that waits behind it, endlessly. The file is memory-mapped, so a message costs two
/// copies in memory and no system call. A power cut loses the file, but a payload does not cause power cuts. If the
/// file is cut, or its disk can no longer keep it, the gateway continues without it.
package final class PayloadUnderWay {
    /// A payload that has ended the gateway repeatedly.
    package struct QuarantinedPayload: Equatable, Sendable {
        package var topic: [UInt8]
        package var payload: [UInt8]
    }

    /// The circumstances of the last process's end.
    package struct End: Equatable, Sendable {
        /// True if the process ended while it evaluated a payload.
        package var wasUnderWay = false
        /// The payload, if it must be quarantined now.
        package var quarantined: QuarantinedPayload?
    }

    /// The number of ends in a row after which a payload is quarantined.
    package static let endsMax = 3
    /// The largest number of quarantined payloads that are remembered. The oldest are forgotten first.
    private static let quarantinedMax = 64

    /// The layout of the file, in words of eight bytes.
    private enum Word {
        static let mark = 0
        static let isUnderWay = 1
        static let topicLength = 2
        static let payloadLength = 3
        /// The payload at the newest end, and the number of ends in a row with it.
        static let digest = 4
        static let ends = 5
        static let quarantinedCount = 6
        /// The program that quarantined the payloads. A different program may have the fault corrected.
        static let program = 7
        static let quarantined = 8
        static let count = 8 + quarantinedMax
    }

    /// "tocsin" and the version of the layout.
    private static let mark: UInt64 = 0x746f_6373_696e_0001
    private static let headerBytes = Word.count * 8
    private static let topicBytesMax = 65_535

    private let base: UnsafeMutableRawPointer
    private let size: Int
    private let payloadBytesMax: Int
    /// True if no payload is quarantined and none was being evaluated at the last end. Then nothing has to be compared.
    private let isQuiet: Bool

    static func path(of store: String) -> String { store + ".underway" }

    /// Opens the file, or creates it.
    /// - Returns: `nil` if the file cannot be created, for example on a full disk. The gateway runs without it.
    /// - Parameter program: identifies the running program.
    package init?(store: String, payloadBytesMax: Int, program: UInt64 = PayloadUnderWay.runningProgram) {
        self.payloadBytesMax = payloadBytesMax
        let pages = (Self.headerBytes + Self.topicBytesMax + payloadBytesMax + 4095) / 4096
        size = pages * 4096
        let file = open(Self.path(of: store), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // Reserve the room first, because a write to missing room would end the process. Room that is lost later is
        // handled below.
        guard posix_fallocate(file, 0, off_t(size)) == 0,
            let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            base != MAP_FAILED
        else { return nil }
        self.base = base
        _ = tocsin_guard_mapping(base, size)
        let words = base.assumingMemoryBound(to: UInt64.self)
        if words[Word.mark] != Self.mark || words[Word.program] != program {
            memset(base, 0, Self.headerBytes)
            (words[Word.mark], words[Word.program]) = (Self.mark, program)
        }
        words[Word.quarantinedCount] = min(words[Word.quarantinedCount], UInt64(Self.quarantinedMax))
        isQuiet = words[Word.quarantinedCount] == 0 && words[Word.ends] == 0
    }

    /// The modification time and the size of the running program's file.
    package static let runningProgram: UInt64 = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return 0 }
        return UInt64(truncatingIfNeeded: status.st_mtim.tv_sec) << 32 ^ UInt64(truncatingIfNeeded: status.st_size)
    }()

    /// Finds what the last process was doing when it ended. Call ``accept(store:payloadBytesMax:)`` once a payload to
    /// be quarantined has been stored. Until then the next start finds the same result.
    package static func findEnd(store: String, payloadBytesMax: Int) -> End {
        PayloadUnderWay(store: store, payloadBytesMax: payloadBytesMax)?.findEnd() ?? End()
    }

    private func findEnd() -> End {
        let words = base.assumingMemoryBound(to: UInt64.self)
        guard words[Word.isUnderWay] == 1, let digest = digestUnderWay() else {
            // The process ended for another reason, or not at all, so the row of ends is broken.
            (words[Word.isUnderWay], words[Word.digest], words[Word.ends]) = (0, 0, 0)
            return End()
        }
        let ends = digest == words[Word.digest] ? words[Word.ends] &+ 1 : 1
        words[Word.digest] = digest
        guard ends >= UInt64(Self.endsMax) else {
            (words[Word.isUnderWay], words[Word.ends]) = (0, ends)
            return End(wasUnderWay: true)
        }
        return End(
            wasUnderWay: true,
            quarantined: QuarantinedPayload(topic: Array(topicUnderWay), payload: Array(payloadUnderWay)))
    }

    /// Quarantines from now on the payload that ``findEnd(store:payloadBytesMax:)`` has found.
    package static func accept(store: String, payloadBytesMax: Int) {
        PayloadUnderWay(store: store, payloadBytesMax: payloadBytesMax)?.accept()
    }

    private func accept() {
        let words = base.assumingMemoryBound(to: UInt64.self)
        guard words[Word.isUnderWay] == 1, let digest = digestUnderWay() else { return }
        let count = Int(words[Word.quarantinedCount])
        if count == Self.quarantinedMax {
            memmove(base + Word.quarantined * 8, base + (Word.quarantined + 1) * 8, (Self.quarantinedMax - 1) * 8)
        }
        words[Word.quarantined + min(count, Self.quarantinedMax - 1)] = digest
        words[Word.quarantinedCount] = UInt64(min(count + 1, Self.quarantinedMax))
        (words[Word.isUnderWay], words[Word.digest], words[Word.ends]) = (0, 0, 0)
    }

    /// The digest of the payload in the file; `nil` if the file holds something that was never written.
    private func digestUnderWay() -> UInt64? {
        let words = base.assumingMemoryBound(to: UInt64.self)
        guard words[Word.topicLength] <= Self.topicBytesMax, words[Word.payloadLength] <= payloadBytesMax else {
            return nil
        }
        return MessageDigest.of(topic: topicUnderWay, payload: payloadUnderWay)
    }

    private var topicUnderWay: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: base + Self.headerBytes, count: Int(base.assumingMemoryBound(to: UInt64.self)[Word.topicLength]))
    }

    private var payloadUnderWay: UnsafeRawBufferPointer {
        let words = base.assumingMemoryBound(to: UInt64.self)
        return UnsafeRawBufferPointer(
            start: base + Self.headerBytes + Int(words[Word.topicLength]), count: Int(words[Word.payloadLength]))
    }

    deinit {
        tocsin_unguard_mapping(base)
        munmap(base, size)
    }

    /// Returns true for a quarantined message, which is acknowledged and not evaluated again.
    package func isQuarantined(_ message: IncomingMessage) -> Bool {
        guard !isQuiet else { return false }
        let words = base.assumingMemoryBound(to: UInt64.self)
        let count = Int(words[Word.quarantinedCount])
        guard count > 0 else { return false }
        let digest = MessageDigest.of(message)
        return (0..<count).contains { words[Word.quarantined + $0] == digest }
    }

    /// Notes a message while `body` runs.
    package func during(_ message: IncomingMessage, _ body: () -> Void) {
        begin(message)
        body()
        end(message)
    }

    @inline(never)
    private func begin(_ message: IncomingMessage) {
        let words = base.assumingMemoryBound(to: UInt64.self)
        // A payload over the limit is not evaluated. Only its beginning is noted, so that it is never mistaken for a
        // quarantined one.
        let (topic, payload) = (message.topic.prefix(Self.topicBytesMax), message.payload.prefix(payloadBytesMax))
        words[Word.topicLength] = UInt64(topic.count)
        words[Word.payloadLength] = UInt64(payload.count)
        (base + Self.headerBytes).copyMemory(
            from: topic.base.baseAddress ?? UnsafeRawPointer(base), byteCount: topic.count)
        // The payload follows the topic directly, so most messages touch one page. The system writes it to the disk now
        // and then.
        (base + Self.headerBytes + topic.count).copyMemory(
            from: payload.base.baseAddress ?? UnsafeRawPointer(base), byteCount: payload.count)
        words[Word.isUnderWay] = 1
    }

    @inline(never)
    private func end(_ message: IncomingMessage) {
        let words = base.assumingMemoryBound(to: UInt64.self)
        words[Word.isUnderWay] = 0
        // The earlier end was an accident: the payload has been evaluated now.
        if !isQuiet, words[Word.ends] > 0, MessageDigest.of(message) == words[Word.digest] {
            (words[Word.digest], words[Word.ends]) = (0, 0)
        }
    }
}
