package io.replicator.http.exchange;

/** Carries a {@link Problem} from where a request is found wrong to where it is answered. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  ProblemException(Problem problem) {
    // An expected outcome: nobody reads the stack.
    super(problem.detail(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
