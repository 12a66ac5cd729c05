package io.replicator.redis.apply;

import io.replicator.redis.connection.ErrorReply;
import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** One MULTI … EXEC in one write, and what became of each of its commands. */
final class Transaction {
  /**
   * @param failure of a command that EXEC ran in vain, the others being done; null without one
   * @param refusedPayloads RESTOREs that the server could not read
   */
  record Outcome(Request failed, ErrorReply failure, int refusedPayloads) {}

  private Transaction() {}

  /**
   * Fails with {@link RedisFailedException} where the connection broke, in which case anything may
   * have happened, or where the server refused, in which case nothing has.
   */
  static CompletionStage<Outcome> run(RedisLink link, List<Request> commands) {
    List<Request> all = new ArrayList<>(commands.size() + 2);
    all.add(Request.of(Verb.MULTI));
    all.addAll(commands);
    Request exec = Request.of(Verb.EXEC);
    all.add(exec);
    return link.send(all).thenApply(done -> outcome(link, commands, exec));
  }

  private static Outcome outcome(RedisLink link, List<Request> commands, Request exec) {
    if (exec.error() != null) {
      for (Request command : commands) {
        if (command.error() != null) {
          throw new RedisFailedException(explain(link, command, command.error()));
        }
      }
      throw new RedisFailedException(explain(link, exec, exec.error()));
    }
    List<Object> replies = exec.list();
    Request failed = null;
    ErrorReply failure = null;
    int refusedPayloads = 0;
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i) instanceof ErrorReply error) {
        if (commands.get(i).verb() == Verb.RESTORE && error.hasCode("ERR")) {
          refusedPayloads++;
        } else if (failed == null) {
          failed = commands.get(i);
          failure = error;
        }
      }
    }
    return new Outcome(failed, failure, refusedPayloads);
  }

  /** What failed, where, and what to do. */
  static String explain(RedisLink link, Request command, ErrorReply error) {
    String advice = "see the log of that server";
    if (error.text().contains("OOM")) {
      advice = "raise its maxmemory or subscribe to less";
    } else if (error.hasCode("READONLY")) {
      advice = "it is a replica: write to its master";
    } else if (error.hasCode("MISCONF")) {
      advice = "it cannot save to disk: free space there, or set stop-writes-on-bgsave-error no";
    } else if (error.hasCode("WRONGTYPE")) {
      advice = "somebody else writes to this key: keep other writers away from the target";
    } else if (error.hasCode("NOPERM")) {
      advice = "extend the ACL of this user";
    }
    return command.describe()
        + " failed at "
        + link.address()
        + ": "
        + error.text()
        + "; "
        + advice;
  }
}
