internal import CLinux
internal import Glibc
package import MQTT

// Wrapping operators: a count read from a file, where any number may stand: one that wraps begins anew.

/// The payload that is being evaluated, in a file that outlives the process: if the process ends in the middle of it,
/// the next one knows which it was.
///
/// What was under way in three ends in a row is set aside: the broker sends it again after each, before all that waits
/// behind it, and would do so without end. The file is a mapped one, so that a message costs two copies in memory and
/// no call of the system; a power cut loses it, which no payload is to blame for. Where the file is cut, or its disk
/// can no longer keep it, the gateway goes on without it.
package final class PayloadUnderWay {
    /// What has ended the gateway again and again.
    package struct QuarantinedPayload: Equatable, Sendable {
        package var topic: [UInt8]
        package var payload: [UInt8]
    }

    /// How the last process ended.
    package struct End: Equatable, Sendable {
        /// In the middle of a payload.
        package var wasUnderWay = false
        /// The payload, if it is to be set aside now.
        package var quarantined: QuarantinedPayload?
    }

    /// After so many ends in a row a payload is set aside.
    package static let endsMax = 3
    /// So many payloads that were set aside are known; the oldest are forgotten first.
    private static let quarantinedMax = 64

    /// The layout of the file, in eight bytes each.
    private enum Word {
        static let mark = 0
        static let isUnderWay = 1
        static let topicLength = 2
        static let payloadLength = 3
        /// What was under way at the newest end, and at how many in a row.
        static let digest = 4
        static let ends = 5
        static let quarantinedCount = 6
        /// The program that set them aside: another one may be mended.
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
    /// No payload is set aside, and none was under way at the last end: nothing has to be compared.
    private let isQuiet: Bool

    static func path(of store: String) -> String { store + ".underway" }

    /// Opens the file, or makes it.
    /// - Returns: `nil` where there is no such file to be had, such as on a full disk: the gateway runs without.
    /// - Parameter program: stands for the program that runs.
    package init?(store: String, payloadBytesMax: Int, program: UInt64 = PayloadUnderWay.runningProgram) {
        self.payloadBytesMax = payloadBytesMax
        let pages = (Self.headerBytes + Self.topicBytesMax + payloadBytesMax + 4095) / 4096
        size = pages * 4096
        let file = open(Self.path(of: store), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // Room that is not there would end the process when it is written to; what is taken away later is guarded
        // against below.
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

    /// When the file of the running program was written, and its size.
    package static let runningProgram: UInt64 = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return 0 }
        return UInt64(truncatingIfNeeded: status.st_mtim.tv_sec) << 32 ^ UInt64(truncatingIfNeeded: status.st_size)
    }()

    /// Finds what the last process was doing when it ended. A payload that is to be set aside has to be
    /// ``accept(store:payloadBytesMax:)``ed when it is kept; until then the next start finds the same.
    package static func findEnd(store: String, payloadBytesMax: Int) -> End {
        PayloadUnderWay(store: store, payloadBytesMax: payloadBytesMax)?.findEnd() ?? End()
    }

    private func findEnd() -> End {
        let words = base.assumingMemoryBound(to: UInt64.self)
        guard words[Word.isUnderWay] == 1, let digest = digestUnderWay() else {
            // An end for another reason, or none: whatever it was before, it is not three in a row.
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

    /// Sets aside from now on what ``findEnd(store:payloadBytesMax:)`` has found.
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

    /// `nil` where the file says something that was never written.
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

    /// Whether a message has been set aside: it is acknowledged, and not evaluated again.
    package func isQuarantined(_ message: IncomingMessage) -> Bool {
        guard !isQuiet else { return false }
        let words = base.assumingMemoryBound(to: UInt64.self)
        let count = Int(words[Word.quarantinedCount])
        guard count > 0 else { return false }
        let digest = MessageDigest.of(message)
        return (0..<count).contains { words[Word.quarantined + $0] == digest }
    }

    /// Notes a message for as long as `body` takes.
    package func during(_ message: IncomingMessage, _ body: () -> Void) {
        begin(message)
        body()
        end(message)
    }

    @inline(never)
    private func begin(_ message: IncomingMessage) {
        let words = base.assumingMemoryBound(to: UInt64.self)
        // What is longer than a payload may be is not evaluated. Its beginning alone is noted, so that it is never
        // taken for one that was set aside.
        let (topic, payload) = (message.topic.prefix(Self.topicBytesMax), message.payload.prefix(payloadBytesMax))
        words[Word.topicLength] = UInt64(topic.count)
        words[Word.payloadLength] = UInt64(payload.count)
        (base + Self.headerBytes).copyMemory(
            from: topic.base.baseAddress ?? UnsafeRawPointer(base), byteCount: topic.count)
        // Close behind the topic: most messages touch one page, which the system writes to the disk now and then.
        (base + Self.headerBytes + topic.count).copyMemory(
            from: payload.base.baseAddress ?? UnsafeRawPointer(base), byteCount: payload.count)
        words[Word.isUnderWay] = 1
    }

    @inline(never)
    private func end(_ message: IncomingMessage) {
        let words = base.assumingMemoryBound(to: UInt64.self)
        words[Word.isUnderWay] = 0
        // It was an accident: it has been evaluated now.
        if !isQuiet, words[Word.ends] > 0, MessageDigest.of(message) == words[Word.digest] {
            (words[Word.digest], words[Word.ends]) = (0, 0)
        }
    }
}
