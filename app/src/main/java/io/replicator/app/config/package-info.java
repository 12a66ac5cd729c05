/**
 * Options, configuration file and defaults, merged, checked once and turned into the settings of
 * each component.
 */
package io.replicator.app.config;
