internal import AlarmModel
internal import Alarms
internal import Foundation
internal import Synchronization

/// Waits on this thread for what another answers to a question.
///
/// - Parameters:
///   - seconds: how long to wait.
///   - ask: hands the question over with what is to be called with its answer; false where nobody takes it.
/// - Throws: ``OperatorError`` where nobody takes it, or no answer comes in time.
func answered<Answer: Sendable>(
    within seconds: Int = 5, _ ask: (@escaping @Sendable (Answer) -> Void) -> Bool
) throws(OperatorError) -> Answer {
    let done = DispatchSemaphore(value: 0)
    let box = Box<Answer>()
    let isTaken = ask { answer in
        box.content.withLock { $0 = answer }
        done.signal()
    }
    guard isTaken else { throw OperatorError("the gateway is asked too much at once; try again") }
    guard done.wait(timeout: .now() + .seconds(seconds)) == .success, let answer = box.content.withLock({ $0 }) else {
        throw OperatorError("the gateway has not answered within \(seconds) seconds")
    }
    return answer
}

/// What another thread leaves for the one that waits.
private final class Box<Content: Sendable>: Sendable {
    let content = Mutex<Content?>(nil)
}
