package io.replicator.benchmarks.child;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a JVM takes of its machine.
 *
 * @param cpuNs processor time of all its threads since it started
 * @param heapBytes of objects, dead ones included unless it was collected right before
 * @param directBytes of direct buffers
 * @param residentBytes of its whole memory, as the kernel counts it
 */
public record Footprint(long cpuNs, long heapBytes, long directBytes, long residentBytes) {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Buffers that only a collection frees may free heap in turn, and so on. */
  private static final int COLLECTIONS = 3;

  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(300);

  /** Of this JVM. */
  public static Footprint now() throws IOException {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new Footprint(
        system.getProcessCpuTime(),
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum(),
        residentMemory());
  }

  /** Of this JVM, after full collections. */
  public static Footprint afterCollection() throws IOException {
    for (int collection = 0; collection < COLLECTIONS; collection++) {
      System.gc();
      LockSupport.parkNanos(PAUSE_NS);
    }
    return now();
  }

  private static long residentMemory() throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException(STATUS + " has no VmRSS");
  }
}
