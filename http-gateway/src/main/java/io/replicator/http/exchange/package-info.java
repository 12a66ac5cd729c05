/** What every route has in common: settings, requests as they were written, problems. */
package io.replicator.http.exchange;
