package io.replicator.benchmarks.crowd;

import io.replicator.benchmarks.child.Commands;
import io.replicator.protocol.ZstdDictionary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * The program: clients of one server, all on one thread.
 *
 * <pre>
 *   open PORT websocket|tcp|broadcast COUNT LOOKING DATABASE   connects; answers when all are
 *   tally                what was got since the last time
 *   quiet MS             answers when nothing has come for so long
 *   copies               how many of those that look have which copy
 * </pre>
 */
public final class Crowd {
  private static final int BUFFER_BYTES = 1 << 20;

  private static final long ACK_DELAY_NS =
      TimeUnit.MILLISECONDS.toNanos(SessionConversation.ACK_DELAY_MS);

  /** Connections that are being made at a time: few enough for any backlog. */
  private static final int OPENING_MAX = 64;

  private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(5);

  private final Selector selector = Selector.open();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final Queue<Runnable> asked = new ConcurrentLinkedQueue<>();
  private final Tally tally = new Tally();
  private final Set<Member> members = new HashSet<>();
  private final List<QuoteCopy> copies = new ArrayList<>();
  private final Map<Integer, ZstdDictionary> dictionaries = new HashMap<>();

  /** Members that owe an answer, the one that is due first in front: they all wait equally long. */
  private final ArrayDeque<Member> owing = new ArrayDeque<>();

  private Opening opening;
  private CompletableFuture<Boolean> quiet;
  private long quietNs;
  private long heardNs;
  private int looking;
  private int lost;
  private String firstLoss = "";

  /** A command to open connections that is under way. */
  private static final class Opening {
    final Request request;
    final long startNs = System.nanoTime();
    final CompletableFuture<Opened> done = new CompletableFuture<>();
    final List<Member> underWay = new ArrayList<>();
    int begun;

    Opening(Request request) {
      this.request = request;
    }
  }

  private record Request(int port, String kind, int count, int looking, String database) {
    boolean looks(int number) {
      return looking > 0 && number % Math.max(1, count / looking) == 0;
    }
  }

  /**
   * Connections are made.
   *
   * @param seconds that it took
   */
  public record Opened(int members, double seconds) {}

  private Crowd() throws IOException {}

  public static void main(String[] arguments) throws IOException {
    var crowd = new Crowd();
    var thread = new Thread(crowd::run, "crowd");
    thread.setDaemon(true);
    thread.start();
    new Commands()
        .with("open", crowd::open)
        .with("tally", words -> crowd.ask(crowd::tally))
        .with("copies", words -> crowd.ask(crowd::digests))
        .with("quiet", crowd::quiet)
        .serve();
    System.exit(0); // the parent has ended
  }

  // ---- From the parent, on the main thread

  private Opened open(List<String> words) throws Exception {
    var request =
        new Request(
            Integer.parseInt(words.get(0)),
            words.get(1),
            Integer.parseInt(words.get(2)),
            Integer.parseInt(words.get(3)),
            words.get(4));
    CompletableFuture<Opened> opened =
        ask(
            () -> {
              opening = new Opening(request);
              return opening.done;
            });
    return opened.get(PATIENCE_NS, TimeUnit.NANOSECONDS);
  }

  private Boolean quiet(List<String> words) throws Exception {
    long ns = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words.get(0)));
    CompletableFuture<Boolean> answer =
        ask(
            () -> {
              quietNs = ns;
              heardNs = System.nanoTime();
              quiet = new CompletableFuture<>();
              return quiet;
            });
    return answer.get(PATIENCE_NS, TimeUnit.NANOSECONDS);
  }

  private <T> T ask(Callable<T> question) throws Exception {
    var answer = new CompletableFuture<T>();
    asked.add(
        () -> {
          try {
            answer.complete(question.call());
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    selector.wakeup();
    return answer.get(PATIENCE_NS, TimeUnit.NANOSECONDS);
  }

  // ---- On the crowd's thread

  private void run() {
    try {
      while (true) {
        selector.select(this::onReady, 10);
        for (Runnable question; (question = asked.poll()) != null; ) {
          question.run();
        }
        long nowNs = System.nanoTime();
        open(nowNs);
        while (!owing.isEmpty() && owing.peek().answerDueNs() <= nowNs) {
          answer(owing.remove());
        }
        if (quiet != null && nowNs - heardNs >= quietNs) {
          quiet.complete(true);
          quiet = null;
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("the selector failed", e);
    }
  }

  private CrowdTally tally() {
    return tally.taken(members.size(), looking, lost, firstLoss);
  }

  private Map<String, Integer> digests() {
    var digests = new TreeMap<String, Integer>();
    copies.forEach(copy -> digests.merge(copy.digest(), 1, Integer::sum));
    return digests;
  }

  private void open(long nowNs) throws IOException {
    if (opening == null) {
      return;
    }
    opening.underWay.removeIf(Member::established);
    Request request = opening.request;
    while (opening.begun < request.count() && opening.underWay.size() < OPENING_MAX) {
      Member member = member(request, opening.begun++);
      members.add(member);
      opening.underWay.add(member);
    }
    if (lost > 0) {
      opening.done.completeExceptionally(
          new IOException(lost + " connections lost, the first: " + firstLoss));
      opening = null;
    } else if (opening.underWay.isEmpty()) {
      opening.done.complete(new Opened(members.size(), (nowNs - opening.startNs) / 1e9));
    }
    if (opening != null && opening.done.isDone()) {
      opening = null;
    }
  }

  private Member member(Request request, int number) throws IOException {
    boolean looks = request.looks(number);
    String name = "crowd-" + number;
    looking += looks ? 1 : 0;
    QuoteCopy copy = null;
    if (looks && !request.kind().equals("broadcast")) {
      copy = new QuoteCopy(tally, dictionaries);
      copies.add(copy);
    }
    Framing framing;
    Conversation conversation;
    switch (request.kind()) {
      case "websocket" -> {
        framing = new WebSocketFraming(request.port());
        conversation =
            SessionConversation.withSubscribe(
                tally, copy, name, request.database(), Quotes.PATTERN);
      }
      case "tcp" -> {
        framing = new Framing.None();
        conversation =
            SessionConversation.withHello(tally, copy, name, request.database(), Quotes.PATTERN);
      }
      case "broadcast" -> {
        framing = WebSocketFraming.toBroadcaster(request.port());
        conversation = new BroadcastConversation(tally, looks);
      }
      default ->
          throw new IllegalArgumentException("websocket, tcp or broadcast, not " + request.kind());
    }
    return new Member(framing, conversation, tally, request.port(), selector);
  }

  private void onReady(SelectionKey key) {
    var member = (Member) key.attachment();
    try {
      Conversation.Due due = member.onReady(buffer);
      long nowNs = System.nanoTime();
      if (due == Conversation.Due.NOW) {
        member.answer();
        return;
      }
      heardNs = nowNs;
      if (due == Conversation.Due.SOON && member.answerDueNs() == 0) {
        member.answerDueAt(nowNs + ACK_DELAY_NS);
        owing.add(member);
      }
    } catch (IOException e) {
      lose(member, e);
    }
  }

  private void answer(Member member) {
    member.answerDueAt(0);
    if (members.contains(member)) {
      try {
        member.answer();
      } catch (IOException e) {
        lose(member, e);
      }
    }
  }

  private void lose(Member member, IOException reason) {
    if (lost++ == 0) {
      firstLoss = reason.toString();
    }
    members.remove(member);
    try {
      member.close();
    } catch (IOException e) {
      firstLoss += ", and it cannot be closed: " + e.getMessage();
    }
  }
}
