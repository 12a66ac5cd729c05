package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LegacySpellingsTest {
  @Test
  void shouldMakeAHubOfServer() {
    assertThat(LegacySpellings.translate("-server", "-databases", "5,0", "-lv"))
        .containsExactly("hub", "--databases", "5,0", "--lv");
    assertThat(LegacySpellings.translate("-databases=5", "-server"))
        .containsExactly("hub", "--databases=5");
  }

  @Test
  void shouldTranslateEveryOldOption() {
    assertThat(
            LegacySpellings.translate(
                "hub",
                "-hub",
                ":1",
                "-redis",
                "h:1",
                "-plaindb",
                "5",
                "-nowait",
                "-sentinel",
                "m",
                "-TLSCA",
                "a",
                "-TLSCRT=b"))
        .containsExactly(
            "hub",
            "--hub",
            ":1",
            "--redis",
            "h:1",
            "--plaindb",
            "5",
            "--nowait",
            "--sentinel",
            "m",
            "--tls-ca",
            "a",
            "--tls-crt=b");
  }

  @Test
  void shouldLeaveTodaysSpellingsAlone() {
    String[] args = {"client", "--hub", "h:1", "--to", "redis://h", "-v"};
    assertThat(LegacySpellings.translate(args)).containsExactly(args);
  }
}
