internal import AlarmModel
internal import Pipeline

extension Mailbox {
    /// Posts a letter that asks for an answer, and waits for the answer.
    /// - Parameters:
    ///   - letter: makes the letter. The pipeline calls the function that it is given with the answer.
    /// - Throws: ``OperatorError`` if the mailbox is full, no answer comes in time, or the task is cancelled.
    func ask<Answer: Sendable>(
        within time: Duration = .seconds(5), _ letter: (@escaping @Sendable (Answer) -> Void) -> Letter
    ) async throws(OperatorError) -> Answer {
        let (answers, continuation) = AsyncStream<Answer>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let isPosted = post(
            letter { answer in
                continuation.yield(answer)
                continuation.finish()
            })
        guard isPosted else { throw OperatorError("the gateway has too many commands at once: try again") }
        let limit = Task {
            // A cancelled sleep means that the answer has come.
            try? await Task.sleep(for: time)
            continuation.finish()
        }
        defer { limit.cancel() }
        for await answer in answers { return answer }
        throw OperatorError(
            Task.isCancelled
                ? "the gateway is stopping, and may not have executed the command"
                : "the gateway has not answered within \(time), and may still execute the command: see its log")
    }
}
