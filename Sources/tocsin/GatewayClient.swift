import ArgumentParser
import Foundation
import Gateway
internal import SiteConfiguration

/// Asks the running gateway through its control socket.
struct GatewayClient {
    /// The path of the control socket.
    let path: String

    /// Sends a request and waits for its answer.
    /// - Returns: `nil` if no answer comes in time.
    /// - Throws: ``GatewayError`` if no gateway is running there.
    func ask(_ request: ControlRequest, within time: Duration) throws -> ControlAnswer? {
        let socket = try ControlSocket.connect(to: path)
        socket.write(line: try JSONEncoder().encode(request))
        return try socket.readLine(within: time).map { try JSONDecoder().decode(ControlAnswer.self, from: $0) }
    }

    /// Sends a request and prints its answer.
    /// - Parameter name: the alarm's number, which is printed before the answer.
    /// - Throws: the exit code, after printing what is wrong.
    func send(_ request: ControlRequest, about name: String? = nil) throws {
        let answer: ControlAnswer
        do {
            guard let received = try ask(request, within: .seconds(10)) else {
                Terminal.complain(
                    "the gateway at \(path) did not answer within 10 s, and may still execute the command: "
                        + "see tocsin alarms"
                )
                throw ExitCode.failure
            }
            answer = received
        } catch let error as GatewayError {
            throw Failure.report(error, about: path)
        }
        let text = name.map { "\($0) \(answer.text)" } ?? answer.text
        guard answer.isDone else {
            Terminal.complain(text)
            throw ExitCode.failure
        }
        Terminal.line(text)
    }
}
