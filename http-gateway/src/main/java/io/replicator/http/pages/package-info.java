/** What a browser shows and runs: the pages and the client, as files of the class path. */
package io.replicator.http.pages;
