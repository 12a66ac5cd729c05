/** Numbers and tables for people. */
package io.replicator.app.text;
