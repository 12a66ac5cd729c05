package io.replicator.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * The directory of a store: a file {@code format} that says what this is, and RocksDB's files below
 * {@code rocksdb}.
 */
final class StoreDirectory {
  static final int FORMAT = 1;
  private static final String FORMAT_FILE = "format";
  private static final String FORMAT_PREFIX = "replicator-store ";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path directory;

  private StoreDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes the directory where it is missing and checks that it is a store of a known format.
   *
   * @throws StoreException in words for an operator
   */
  static StoreDirectory prepare(Path path) {
    Path directory = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(directory);
      if (!Files.isReadable(directory) || !Files.isWritable(directory)) {
        throw new AccessDeniedException(directory.toString());
      }
      Path format = directory.resolve(FORMAT_FILE);
      if (Files.exists(format)) {
        requireKnown(directory, Files.readString(format).strip());
      } else {
        requireEmpty(directory);
        Path draft = directory.resolve(FORMAT_FILE + ".new");
        Files.writeString(draft, FORMAT_PREFIX + FORMAT + "\n", StandardCharsets.UTF_8);
        Files.move(draft, format, StandardCopyOption.ATOMIC_MOVE);
      }
      return new StoreDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      throw new StoreException(
          "the store's directory " + directory + " is a file; name a directory", e);
    } catch (IOException e) {
      throw new StoreException(
          "the store's directory "
              + directory
              + " cannot be made, read and written ("
              + e
              + "); give this user the right to, or name another directory",
          e);
    }
  }

  private static void requireKnown(Path directory, String format) {
    if (!format.equals(FORMAT_PREFIX + FORMAT)) {
      throw new StoreException(
          "the store in "
              + directory
              + " has the format '"
              + format
              + "', this release knows '"
              + FORMAT_PREFIX
              + FORMAT
              + "'; use the release that wrote it, or another directory to begin anew");
    }
  }

  private static void requireEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      if (files.anyMatch(file -> !file.getFileName().toString().startsWith(FORMAT_FILE))) {
        throw new StoreException(
            "the directory "
                + directory
                + " holds files but no store; name an empty directory or that of a store");
      }
    }
  }

  Path rocks() {
    return directory.resolve("rocksdb");
  }

  Path path() {
    return directory;
  }

  /** Which files these are: another value for a copy of them. */
  String identity() {
    try {
      return String.valueOf(Files.getAttribute(directory, "unix:ino"));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return "?";
    }
  }

  /**
   * Which run of the operating system this is: while it lasts, what a process has written survives
   * that process. Empty where it cannot be told.
   */
  static String boot() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
