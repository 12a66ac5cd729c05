package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.metadata.EndPoint;
import com.datastax.oss.driver.api.core.ssl.SslEngineFactory;
import java.net.InetSocketAddress;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Encrypted connections to nodes that prove who they are: a node's certificate must have its name,
 * as the target names it or as DNS does, or its address.
 *
 * <p>The driver's own factory checks nothing unless told to, and then one of the two. But a cluster
 * tells of its nodes by address, whatever is in their certificates; so the address is what the
 * connection is to, the name goes along as server name, and the JDK accepts either.
 */
final class TlsEngines implements SslEngineFactory {
  private final SSLContext context;

  TlsEngines(SSLContext context) {
    this.context = context;
  }

  @Override
  public SSLEngine newSslEngine(EndPoint node) {
    var socket = (InetSocketAddress) node.resolve();
    String name = socket.getHostName();
    String address = socket.isUnresolved() ? name : socket.getAddress().getHostAddress();
    SSLEngine engine = context.createSSLEngine(address, socket.getPort());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    if (!name.equals(address)) {
      parameters.setServerNames(List.of(new SNIHostName(name)));
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  @Override
  public void close() {}
}
