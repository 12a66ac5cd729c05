package io.replicator.benchmarks.crowd;

/**
 * What a crowd got in some time.
 *
 * @param seconds that it is about
 * @param lastSeconds from its beginning until the last message came
 * @param members connected
 * @param looking of them those that look at what they get
 * @param lost connections since the crowd began, and why the first was
 * @param messages of all members; of a hub, batches
 * @param bytes read by all members from their sockets
 * @param records seen by those that look; of a broadcaster, messages
 * @param lagP50Us from before a record was written until it was seen
 */
public record CrowdTally(
    double seconds,
    double lastSeconds,
    int members,
    int looking,
    int lost,
    String firstLoss,
    long messages,
    long bytes,
    long records,
    long lagP50Us,
    long lagP99Us,
    long lagMaxUs) {}
