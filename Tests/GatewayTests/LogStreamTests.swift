import Foundation
import Gateway
import TestSupport
import Testing

/// A log that nobody reads.
@Suite struct LogStreamTests {
    private func read(_ descriptor: Int32) -> String {
        var text = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, 0) > 0, case let count = Foundation.read(descriptor, &buffer, buffer.count), count > 0 {
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("a full pipe holds nothing up; what was left out is counted, and said when there is room")
    func fullPipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let stream = LogStream(ends[1])
        let line = String(repeating: "x", count: 99) + "\n"
        for _ in 0..<10_000 { stream.write(line) }
        let first = read(ends[0])
        let written = first.split(separator: "\n").count
        #expect(written > 100 && written < 2000 && first.hasSuffix("\n"))
        stream.write("again\n")
        #expect(read(ends[0]) == "(\(10_000 - written) lines of the log were left out, as nobody read it)\nagain\n")
    }

    @Test("a gateway whose log nobody reads evaluates, tells, answers operators and ends when it is told to")
    func unreadLog() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let pipe = gateway.folder.file("log")
        try #require(mkfifo(pipe, 0o600) == 0)
        // Open for both, so that neither end waits for the other.
        let reader = open(pipe, O_RDWR | O_NONBLOCK)
        defer { close(reader) }
        let upstream = try await Upstream(broker)
        try gateway.start()
        var log = ""
        try await eventually("it is connected") {
            log += read(reader)
            return log.contains("connected to the broker")
        }
        let sensor = try await Sensor(broker)
        // Far more than a pipe holds: each payload that cannot be read is a line.
        for number in 0..<2000 {
            try sensor.publisher.post(
                topic: "test/d\(number % 3 + 1)",
                payload: Array("{\"level\":\"\(String(repeating: "x", count: 200))\(number)\"}".utf8))
        }
        for _ in 0..<50 { gateway.signal(SIGHUP) }
        try await sensor.send(9, at: Sensor.nowMilliseconds)
        try await eventually("the alarm is told") { upstream.topics.contains { $0.hasSuffix("s1/warning") } }
        let answer = try TocsinBinary.run(["outbox", "--retry", "--config", gateway.folder.file("tocsin.yaml")])
        #expect(answer.code == 0, "\(answer)")
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }
}
