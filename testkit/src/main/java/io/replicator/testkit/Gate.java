package io.replicator.testkit;

/** Where everything that moves on a link passes; shut, it stops all of it. Any thread. */
final class Gate {
  private boolean open = true;

  synchronized void set(boolean open) {
    this.open = open;
    notifyAll();
  }

  synchronized void pass() throws InterruptedException {
    while (!open) {
      wait();
    }
  }
}
