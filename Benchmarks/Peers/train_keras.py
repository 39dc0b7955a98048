#!/usr/bin/env python3
"""Times a training step of a preset in Keras on TensorFlow: a fresh random batch, forward, loss, backward, clip, \
update.

    python train_keras.py ptb --xla --threads 2

The step is a tf.function, compiled by XLA with --xla. Every batch begins with a zero state. Prints a JSON object.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy
import tensorflow as tf

import presets


def language_model(preset):
    ids = tf.keras.Input((preset.steps,), batch_size=preset.batch, dtype="int32")
    dropout = (lambda x: tf.keras.layers.Dropout(preset.dropout)(x)) if preset.dropout else (lambda x: x)
    x = dropout(tf.keras.layers.Embedding(preset.vocabulary, preset.embedding)(ids))
    for size in preset.hidden:
        x = dropout(tf.keras.layers.LSTM(size, return_sequences=True)(x))
    return tf.keras.Model(ids, tf.keras.layers.Dense(preset.vocabulary)(x))


def training_step(preset, xla):
    model = language_model(preset)
    optimizer = (
        tf.keras.optimizers.SGD(0.1, global_clipnorm=5.0) if preset.optimizer == "sgd"
        else tf.keras.optimizers.Adam(1e-4, global_clipnorm=5.0))
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    random = numpy.random.default_rng(1)

    @tf.function(jit_compile=xla)
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = cross_entropy(targets, model(inputs, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    def call():
        shape = (preset.batch, preset.steps)
        inputs, targets = (tf.constant(random.integers(preset.vocabulary, size=shape), tf.int32) for _ in range(2))
        step(inputs, targets).numpy()

    return call


def main():
    parser = presets.arguments(__doc__.splitlines()[0], ("float32",), cells=("lstm",))
    parser.add_argument("--xla", action="store_true")
    options = parser.parse_args()
    preset = presets.preset(options)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    seconds = presets.median_seconds(training_step(preset, options.xla), options.seconds)
    version = f"Keras {tf.keras.__version__}, TensorFlow {tf.__version__}"
    presets.print_training(version + (", XLA" if options.xla else ""), options, preset, seconds)


if __name__ == "__main__":
    main()
