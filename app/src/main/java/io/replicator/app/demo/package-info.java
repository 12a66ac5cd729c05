/** The demonstration: two Redis servers, a hub and a client in this process, with real data. */
package io.replicator.app.demo;
