package io.replicator.app.client;

import io.replicator.actors.client.ClientStatus;
import io.replicator.app.process.StandardStream;

/** Shows an operator how a load goes. Confined to the command's thread. */
interface ProgressView extends AutoCloseable {
  /** A bar where somebody watches, lines in the log where nobody does. */
  static ProgressView forThisProcess() {
    return StandardStream.ERR.isTerminal() ? new ProgressBarView() : new ProgressLines();
  }

  /** The status now; called a few times a second. */
  void show(ClientStatus status, long nowNs);

  @Override
  void close();
}
