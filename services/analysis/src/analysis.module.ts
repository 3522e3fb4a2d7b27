import { Module, type FactoryProvider } from '@nestjs/common';
import { openLinearAlgebra } from '@palimpsest/blas';
import {
  CONFIG,
  linearAlgebraSettings,
  PlatformModule,
  taskService,
  type Config,
} from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** What cannot be loaded is told when the service starts, not hours later by the first comparison. */
const linearAlgebra: FactoryProvider = {
  provide: Symbol('LinearAlgebra'),
  inject: [CONFIG],
  useFactory: (config: Config) => openLinearAlgebra(linearAlgebraSettings(config), 1),
};

/** Similarity of networks, from their activations. */
@Module({ imports: [PlatformModule], providers: [...taskService(definitions), linearAlgebra] })
export class AnalysisModule {}
